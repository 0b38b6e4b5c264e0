#include "supervision/deadlines.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using time_point = deadlines::clock::time_point;
using ids = std::vector<std::uint64_t>;

const time_point begin{100s};

TEST(deadlines, arm_a_timer_for_the_earliest_only) {
  deadlines all;
  EXPECT_EQ(all.set(1, begin + 5s), begin + 5s);
  EXPECT_EQ(all.set(2, begin + 9s), std::nullopt) << "the timer at 5 s comes first anyway";
  EXPECT_EQ(all.set(3, begin + 2s), begin + 2s);
}

TEST(deadlines, expire_in_order_and_are_armed_again) {
  deadlines all;
  all.set(1, begin + 5s);
  all.set(2, begin + 9s);
  all.set(3, begin + 4s);
  EXPECT_EQ(all.expired(begin + 5s), (ids{3, 1}));
  EXPECT_EQ(all.rearm(), begin + 9s);
  EXPECT_EQ(all.rearm(), std::nullopt) << "armed already";
  EXPECT_EQ(all.expired(begin + 9s), (ids{2}));
  EXPECT_EQ(all.rearm(), std::nullopt);
}

TEST(deadlines, cleared_ones_do_not_expire) {
  deadlines all;
  all.set(1, begin + 5s);
  all.set(2, begin + 6s);
  all.clear(1);
  EXPECT_EQ(all.expired(begin + 5s), ids{});
  EXPECT_EQ(all.rearm(), begin + 6s);
}

TEST(deadlines, a_second_deadline_replaces_the_first) {
  deadlines all;
  all.set(1, begin + 5s);
  all.set(1, begin + 8s);
  EXPECT_EQ(all.expired(begin + 5s), ids{});
  EXPECT_EQ(all.rearm(), begin + 8s);
}

TEST(deadlines, never_leave_a_deadline_without_a_timer) {
  std::mt19937 random{5};
  const auto pick = [&random](int low, int high) { return std::uniform_int_distribution{low, high}(random); };
  for (auto run = 0; run < 200; ++run) {
    deadlines all;
    std::map<std::uint64_t, time_point> naive;
    std::multiset<time_point> timers; // those under way, as CAF would hold them
    const auto arm = [&timers](const std::optional<time_point>& when) {
      if (when)
        timers.insert(*when);
    };
    auto now = begin;
    for (auto step = 0; step < 200; ++step) {
      const auto who = static_cast<std::uint64_t>(pick(1, 8));
      if (pick(0, 2) > 0) {
        naive[who] = now + std::chrono::milliseconds{pick(1, 500)};
        arm(all.set(who, naive[who]));
      } else {
        naive.erase(who);
        all.clear(who);
      }
      const auto end = now + std::chrono::milliseconds{pick(0, 100)};
      while (!timers.empty() && *timers.begin() <= end) {
        now = *timers.begin();
        timers.erase(timers.begin());
        for (const auto expired : all.expired(now)) {
          ASSERT_EQ(naive.at(expired), now) << "neither early nor late";
          naive.erase(expired);
        }
        arm(all.rearm());
      }
      now = end;
      for (const auto& [waiting, when] : naive)
        ASSERT_GT(when, now) << waiting;
    }
  }
}

} // namespace
} // namespace sandboxd::supervision
