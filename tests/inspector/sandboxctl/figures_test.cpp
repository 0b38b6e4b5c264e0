#include "inspector/sandboxctl/figures.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

TEST(figures, of_bytes) {
  const std::vector<std::pair<std::uint64_t, std::string_view>> table{
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {10'188, "9.9 KiB"},
      {10'189, "10 KiB"},
      {1'048'063, "1023 KiB"},
      {1'048'064, "1.0 MiB"},
      {134'681'352, "128 MiB"},
      {1ull << 40, "1.0 TiB"},
      {1ull << 60, "1024 PiB"},
  };
  for (const auto& [bytes, text] : table)
    EXPECT_EQ(bytes_text(bytes), text);
}

TEST(figures, of_times) {
  const std::vector<std::pair<microseconds, std::string_view>> table{
      {0us, "0 us"},
      {999us, "999 us"},
      {1000us, "1.0 ms"},
      {9949us, "9.9 ms"},
      {9950us, "10 ms"},
      {999'499us, "999 ms"},
      {999'500us, "1.0 s"},
      {59'499'999us, "59 s"},
      {59'500'000us, "1 min"},
      {60s, "1 min"},
      {303s, "5 min 3 s"},
      {1h - 1s, "59 min 59 s"},
      {1h, "1 h"},
      {3h + 4min + 59s, "3 h 4 min"},
      {24h, "1 d"},
      {51h, "2 d 3 h"},
  };
  for (const auto& [span, text] : table)
    EXPECT_EQ(time_text(span), text);
}

TEST(figures, of_counts_and_rates) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(9990), "9,990");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(1, "restart"), "1 restart");
  EXPECT_EQ(count_text(0, "restart"), "0 restarts");
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.46), "0.5");
  EXPECT_EQ(rate_text(9.94), "9.9");
  EXPECT_EQ(rate_text(9.96), "10");
  EXPECT_EQ(rate_text(1234.4), "1,234");
  EXPECT_EQ(share_text(0), "0%");
  EXPECT_EQ(share_text(0.002), "0.2%");
  EXPECT_EQ(share_text(0.35), "35%");
  EXPECT_EQ(share_text(3.5), "350%");
}

TEST(a_timestamp, is_read_only_in_the_form_of_the_interface) {
  EXPECT_EQ(parse_timestamp("2026-11-28T18:23:46.673Z"),
            sys_days(2026y / 11 / 28) + 18h + 23min + 46s + 673ms);
  for (const auto* const wrong : {"", "2026-11-28", "2026-11-28T18:23:46Z", "2026-11-28 18:23:46.673Z",
                                  "2026-13-28T18:23:46.673Z", "2026-11-28T18:23:46.67\x1bZ"})
    EXPECT_EQ(parse_timestamp(wrong), std::nullopt) << wrong;
  EXPECT_EQ(clock_text("2026-11-28T18:23:46.673Z"), "2026-11-28 18:23:46.673");
  EXPECT_EQ(clock_text("soon"), "soon");
}

TEST(a_timestamp, is_told_with_how_long_ago_it_was) {
  const auto now = *parse_timestamp("2026-11-28T18:00:05.000Z");
  EXPECT_EQ(since_text("2026-11-28T18:00:00.000Z", now), "2026-11-28 18:00:00.000 UTC, 5.0 s ago");
  EXPECT_EQ(since_text("2026-11-28T18:00:06.000Z", now), "2026-11-28 18:00:06.000 UTC");
  EXPECT_EQ(since_text("soon", now), "soon");
  EXPECT_EQ(since_text("", now), "");
}

TEST(a_time, is_a_whole_number_and_its_unit) {
  const std::vector<std::pair<std::string_view, std::optional<milliseconds>>> table{
      {"0ms", 0ms},
      {"500ms", 500ms},
      {"30s", 30s},
      {"5min", 5min},
      {"24h", 24h},
      {"25h", std::nullopt},
      {"4294967296ms", std::nullopt},
      {"", std::nullopt},
      {"5", std::nullopt},
      {"s", std::nullopt},
      {"-1s", std::nullopt},
      {"1.5s", std::nullopt},
      {"5 s", std::nullopt},
      {"5sec", std::nullopt},
  };
  for (const auto& [text, time] : table)
    EXPECT_EQ(parse_time(text), time) << text;
}

} // namespace
} // namespace sandboxd::sandboxctl
