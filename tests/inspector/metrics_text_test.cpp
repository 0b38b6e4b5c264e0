#include "inspector/metrics_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace sandboxd::inspector {
namespace {

TEST(metrics_text, has_a_head_and_samples_with_labels) {
  metrics_writer text;
  text.begin("x_total", "counter", "What it is.").sample(3).sample({{"kind", "a\"b\\c\nd"}, {"n", "1"}}, 0.5);
  EXPECT_EQ(text.take(), "# HELP x_total What it is.\n"
                         "# TYPE x_total counter\n"
                         "x_total 3\n"
                         "x_total{kind=\"a\\\"b\\\\c d\",n=\"1\"} 0.5\n");
}

TEST(metrics_text, adds_up_the_buckets_of_a_histogram) {
  metrics_writer text;
  constexpr std::array bounds{0.001, 0.002};
  constexpr std::array<std::uint64_t, 3> counts{4, 0, 1};
  text.begin("t_seconds", "histogram", "Time.").histogram({{"k", "v"}}, bounds, counts, 1.5);
  EXPECT_EQ(text.take(), "# HELP t_seconds Time.\n"
                         "# TYPE t_seconds histogram\n"
                         "t_seconds_bucket{k=\"v\",le=\"0.001\"} 4\n"
                         "t_seconds_bucket{k=\"v\",le=\"0.002\"} 4\n"
                         "t_seconds_bucket{k=\"v\",le=\"+Inf\"} 5\n"
                         "t_seconds_sum{k=\"v\"} 1.5\n"
                         "t_seconds_count{k=\"v\"} 5\n");
}

} // namespace
} // namespace sandboxd::inspector
