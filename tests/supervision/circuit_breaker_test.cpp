#include "supervision/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using time_point = circuit_breaker::clock::time_point;

const time_point start{1000s};

circuit_breaker make(unsigned threshold, unsigned trials, circuit_breaker::listener listener = {}) {
  return {"python", breaker_policy{threshold, 30s, trials}, std::move(listener)};
}

breaker_state state_of(const circuit_breaker& breaker, time_point now) {
  return breaker.snapshot(now).state;
}

TEST(circuit_breaker, opens_at_the_threshold_of_failures_in_a_row) {
  auto breaker = make(3, 1);
  for (auto call = 0; call < 2; ++call) {
    ASSERT_TRUE(breaker.allow(start));
    breaker.failure(start);
  }
  ASSERT_TRUE(breaker.allow(start));
  breaker.success(start); // breaks the row
  for (auto call = 0; call < 3; ++call) {
    ASSERT_TRUE(breaker.allow(start));
    breaker.failure(start);
  }
  EXPECT_FALSE(breaker.allow(start));
  EXPECT_EQ(state_of(breaker, start), breaker_state::open);
}

TEST(circuit_breaker, tells_how_long_it_stays_open) {
  auto breaker = make(1, 1);
  breaker.failure(start);
  EXPECT_EQ(breaker.snapshot(start + 10s).retry_after, 20s);
  EXPECT_EQ(breaker.snapshot(start + 29'999'500us).retry_after, 1ms) << "rounded up: not before it is over";
  EXPECT_EQ(breaker.snapshot(start + 40s).retry_after, 0ms);
}

TEST(circuit_breaker, lets_only_the_trials_through_after_its_open_time) {
  auto breaker = make(1, 2);
  breaker.failure(start);
  EXPECT_FALSE(breaker.allow(start + 30s - 1ns));
  EXPECT_TRUE(breaker.allow(start + 30s));
  EXPECT_TRUE(breaker.allow(start + 30s));
  EXPECT_FALSE(breaker.allow(start + 30s));
  EXPECT_EQ(breaker.snapshot(start + 30s).refused, 2u);
}

TEST(circuit_breaker, closes_after_the_successes_asked_for) {
  auto breaker = make(1, 2);
  breaker.failure(start);
  breaker.allow(start + 30s);
  breaker.success(start + 31s);
  EXPECT_EQ(state_of(breaker, start + 31s), breaker_state::half_open);
  breaker.allow(start + 31s);
  breaker.success(start + 32s);
  EXPECT_EQ(state_of(breaker, start + 32s), breaker_state::closed);
}

TEST(circuit_breaker, one_failed_trial_opens_it_for_the_whole_time_again) {
  auto breaker = make(1, 2);
  breaker.failure(start);
  breaker.allow(start + 30s);
  breaker.failure(start + 35s);
  EXPECT_FALSE(breaker.allow(start + 64s));
  EXPECT_TRUE(breaker.allow(start + 65s));
}

TEST(circuit_breaker, a_cancelled_trial_makes_room_for_another) {
  auto breaker = make(1, 1);
  breaker.failure(start);
  EXPECT_TRUE(breaker.allow(start + 30s));
  EXPECT_FALSE(breaker.allow(start + 30s));
  breaker.cancel();
  EXPECT_TRUE(breaker.allow(start + 30s));
}

TEST(circuit_breaker, a_late_result_says_nothing_while_it_is_open) {
  auto breaker = make(1, 1);
  breaker.allow(start);
  breaker.allow(start);
  breaker.failure(start);
  breaker.success(start + 1s);
  EXPECT_EQ(state_of(breaker, start + 1s), breaker_state::open);
  breaker.failure(start + 2s);
  EXPECT_TRUE(breaker.allow(start + 30s)) << "the open time does not begin anew";
}

TEST(circuit_breaker, can_be_tripped_and_reset_by_hand_and_tells_of_every_change) {
  std::vector<breaker_state> changes;
  auto breaker = make(5, 1, [&](const breaker_snapshot& view) {
    EXPECT_EQ(view.name, "python");
    changes.push_back(view.state);
  });
  breaker.trip(start);
  EXPECT_FALSE(breaker.allow(start + 1s));
  breaker.reset(start + 2s);
  EXPECT_TRUE(breaker.allow(start + 2s));
  EXPECT_EQ(changes, (std::vector{breaker_state::open, breaker_state::closed}));
  EXPECT_EQ(breaker.snapshot(start).opened, 1u);
}

/// The definition as a replay of everything that happened since the last change of state.
class naive_breaker {
public:
  naive_breaker(unsigned threshold, unsigned trials) : threshold_(threshold), trials_(trials) {}

  bool allow(time_point now) {
    if (state_ == breaker_state::open && now >= changed_ + 30s)
      turn(breaker_state::half_open, now);
    const bool allowed = state_ == breaker_state::closed ||
                         (state_ == breaker_state::half_open &&
                          count('a') - count('f') - count('c') < static_cast<long>(trials_));
    if (allowed && state_ == breaker_state::half_open)
      events_.push_back('a');
    return allowed;
  }

  void result(char what, time_point now) { // s, f, c
    if (state_ == breaker_state::open)
      return;
    if (state_ == breaker_state::half_open && count('a') == count('s') + count('f') + count('c'))
      return; // no trial under way
    events_.push_back(what);
    if (state_ == breaker_state::half_open) {
      if (what == 'f')
        turn(breaker_state::open, now);
      else if (count('s') == static_cast<long>(trials_))
        turn(breaker_state::closed, now);
      return;
    }
    long row = 0;
    for (const char event : events_)
      row = event == 's' ? 0 : row + (event == 'f' ? 1 : 0);
    if (row == static_cast<long>(threshold_))
      turn(breaker_state::open, now);
  }

  breaker_state state() const { return state_; }

private:
  long count(char event) const { return std::count(events_.begin(), events_.end(), event); }
  void turn(breaker_state next, time_point now) {
    state_ = next;
    changed_ = now;
    events_.clear();
  }

  unsigned threshold_;
  unsigned trials_;
  breaker_state state_ = breaker_state::closed;
  time_point changed_{};
  std::vector<char> events_;
};

TEST(circuit_breaker, agrees_with_its_definition_on_random_runs) {
  std::mt19937 random{99};
  const auto pick = [&random](int low, int high) { return std::uniform_int_distribution{low, high}(random); };
  for (auto run = 0; run < 500; ++run) {
    const auto threshold = static_cast<unsigned>(pick(1, 4));
    const auto trials = static_cast<unsigned>(pick(1, 3));
    auto breaker = make(threshold, trials);
    naive_breaker naive{threshold, trials};
    auto now = start;
    for (auto step = 0; step < 80; ++step) {
      now += std::chrono::seconds{pick(0, 12)};
      switch (pick(0, 5)) {
      case 0:
      case 1:
        ASSERT_EQ(breaker.allow(now), naive.allow(now)) << "run " << run << ", step " << step;
        break;
      case 2:
      case 3:
        breaker.failure(now);
        naive.result('f', now);
        break;
      case 4:
        breaker.success(now);
        naive.result('s', now);
        break;
      default:
        breaker.cancel();
        naive.result('c', now);
      }
      ASSERT_EQ(state_of(breaker, now), naive.state()) << "run " << run << ", step " << step;
    }
  }
}

} // namespace
} // namespace sandboxd::supervision
