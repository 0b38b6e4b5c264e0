#include "http/timestamp.hpp"

#include <gtest/gtest.h>

namespace sandboxd::http {
namespace {

using namespace std::chrono;

TEST(a_timestamp, has_every_digit) {
  EXPECT_EQ(timestamp(system_clock::time_point{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp(sys_days(2026y / 1 / 31) + 12h + 34min + 56s + 789ms), "2026-01-31T12:34:56.789Z");
  EXPECT_EQ(timestamp(sys_days(2024y / 2 / 29) + 1h + 2min + 3s + 4ms), "2024-02-29T01:02:03.004Z");
  EXPECT_EQ(timestamp(sys_days(2262y / 4 / 11) + 23h), "2262-04-11T23:00:00.000Z");
}

TEST(a_timestamp, counts_downwards_before_its_epoch) {
  EXPECT_EQ(timestamp(system_clock::time_point(-1ns)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(timestamp(sys_days(1677y / 12 / 31) + 1ms), "1677-12-31T00:00:00.001Z");
}

} // namespace
} // namespace sandboxd::http
