#include "inspector/sandboxctl/histogram.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

std::string drawn(const std::vector<std::uint64_t>& counts, bool is_utf8) {
  return painted(draw_histogram(counts, 8, is_utf8), {.is_utf8 = is_utf8});
}

std::vector<std::uint64_t> full(std::vector<std::uint64_t> counts) {
  counts.resize(24);
  return counts;
}

TEST(a_histogram, has_bars_from_the_first_to_the_last_time_that_was_seen) {
  const auto counts = full({0, 1, 0, 16, 1000});
  EXPECT_EQ(drawn(counts, true), "      < 2 us             1  ▏\n"
                                 "      < 4 us             0\n"
                                 "      < 8 us            16  ▏\n"
                                 "     < 16 us         1,000  ████████\n");
  EXPECT_EQ(drawn(counts, false), "      < 2 us             1  #\n"
                                  "      < 4 us             0\n"
                                  "      < 8 us            16  #\n"
                                  "     < 16 us         1,000  ########\n");
}

TEST(a_histogram, has_parts_of_characters) {
  EXPECT_EQ(drawn(full({32, 14}), true), "      < 1 us            32  ████████\n"
                                         "      < 2 us            14  ███▌\n");
}

TEST(a_histogram, has_everything_longer_at_its_end) {
  auto counts = full({});
  counts[22] = 1;
  counts[23] = 1;
  EXPECT_EQ(drawn(counts, false), "     < 4.2 s             1  ########\n"
                                  "    >= 4.2 s             1  ########\n");
}

TEST(a_histogram, may_have_nothing_in_it) {
  EXPECT_EQ(drawn(full({}), true), "  none yet\n");
  EXPECT_EQ(drawn({}, true), "  none yet\n");
}

} // namespace
} // namespace sandboxd::sandboxctl
