#include "supervision/restart_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using time_point = restart_window::clock::time_point;

time_point at(std::chrono::milliseconds since_start) {
  return time_point{since_start};
}

TEST(restart_window, allows_as_many_restarts_as_its_intensity) {
  restart_window window{2, 5s};
  EXPECT_TRUE(window.add(at(0ms)));
  EXPECT_TRUE(window.add(at(1ms)));
  EXPECT_FALSE(window.add(at(2ms)));
  EXPECT_EQ(window.count(), 3u);
}

TEST(restart_window, tells_how_many_would_count_at_a_later_time) {
  restart_window window{5, 5s};
  const time_point start{100s};
  window.add(start);
  window.add(start + 3s);
  EXPECT_EQ(window.count(start + 5s), 2u);
  EXPECT_EQ(window.count(start + 6s), 1u);
  EXPECT_EQ(window.count(start + 9s), 0u);
  EXPECT_EQ(window.count(), 2u) << "nothing is forgotten by looking";
}

TEST(restart_window, still_counts_a_restart_exactly_one_period_old) {
  restart_window window{1, 5s};
  EXPECT_TRUE(window.add(at(1000ms)));
  EXPECT_FALSE(window.add(at(6000ms)));
}

TEST(restart_window, forgets_a_restart_one_second_older_than_the_period) {
  restart_window window{1, 5s};
  EXPECT_TRUE(window.add(at(1000ms)));
  EXPECT_TRUE(window.add(at(7000ms)));
  EXPECT_EQ(window.count(), 1u);
}

TEST(restart_window, counts_time_in_whole_seconds_rounded_down) {
  restart_window window{1, 5s};
  EXPECT_TRUE(window.add(at(1000ms)));
  EXPECT_FALSE(window.add(at(6999ms))) << "second 6 is five seconds after second 1";
  restart_window other{1, 5s};
  EXPECT_TRUE(other.add(at(1999ms)));
  EXPECT_TRUE(other.add(at(7000ms))) << "5.001 s later, but second 7 is six seconds after second 1";
}

TEST(restart_window, rounds_down_before_the_epoch_too) {
  restart_window window{1, 1s};
  EXPECT_TRUE(window.add(at(-1500ms))); // second -2
  EXPECT_TRUE(window.add(at(0ms)));     // second 0, two later
  EXPECT_FALSE(window.add(at(999ms)));
}

/// The definition, without any cleverness: all restarts ever, and those not older than the period counted.
struct naive_window {
  std::size_t intensity;
  long period;
  std::vector<long> seconds;

  bool add(time_point now) {
    const long current = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    seconds.push_back(current);
    return count(current) <= intensity;
  }
  std::size_t count(long current) const {
    return static_cast<std::size_t>(
        std::count_if(seconds.begin(), seconds.end(), [&](long then) { return current - then <= period; }));
  }
};

TEST(restart_window, agrees_with_its_definition_on_random_runs) {
  std::mt19937 random{20240917};
  const auto pick = [&random](int low, int high) { return std::uniform_int_distribution{low, high}(random); };
  for (auto run = 0; run < 500; ++run) {
    const auto intensity = static_cast<std::size_t>(pick(0, 6));
    const auto period = pick(1, 8);
    restart_window window{intensity, std::chrono::seconds{period}};
    naive_window naive{intensity, period, {}};
    auto now = std::chrono::milliseconds{pick(-5000, 5000)};
    for (auto restart = 0; restart < 60; ++restart) {
      now += std::chrono::milliseconds{pick(0, 3) == 0 ? period * 1000 : pick(0, 2500)};
      ASSERT_EQ(window.add(at(now)), naive.add(at(now))) << "run " << run << ", restart " << restart;
      ASSERT_EQ(window.count(), naive.count(naive.seconds.back()));
    }
  }
}

} // namespace
} // namespace sandboxd::supervision
