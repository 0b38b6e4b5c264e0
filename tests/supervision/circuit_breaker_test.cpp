#include "supervision/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
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

void fail(circuit_breaker& breaker, time_point now) {
  const auto leave = breaker.allow(now);
  ASSERT_TRUE(leave);
  breaker.failure(*leave, now);
}

void succeed(circuit_breaker& breaker, time_point now) {
  const auto leave = breaker.allow(now);
  ASSERT_TRUE(leave);
  breaker.success(*leave, now);
}

TEST(circuit_breaker, opens_at_the_threshold_of_failures_in_a_row) {
  auto breaker = make(3, 1);
  fail(breaker, start);
  fail(breaker, start);
  succeed(breaker, start); // breaks the row
  for (auto call = 0; call < 3; ++call)
    fail(breaker, start);
  EXPECT_FALSE(breaker.allow(start));
  EXPECT_EQ(state_of(breaker, start), breaker_state::open);
}

TEST(circuit_breaker, tells_how_long_it_stays_open) {
  auto breaker = make(1, 1);
  fail(breaker, start);
  EXPECT_EQ(breaker.snapshot(start + 10s).retry_after, 20s);
  EXPECT_EQ(breaker.snapshot(start + 29'999'500us).retry_after, 1ms) << "rounded up: not before it is over";
  EXPECT_EQ(breaker.snapshot(start + 40s).retry_after, 0ms);
}

TEST(circuit_breaker, invites_nobody_while_its_trials_are_under_way) {
  auto breaker = make(1, 1);
  fail(breaker, start);
  const auto trial = breaker.allow(start + 30s);
  ASSERT_TRUE(trial);
  EXPECT_GT(breaker.snapshot(start + 30s).retry_after, 0ms);
  breaker.cancel(*trial);
  EXPECT_EQ(breaker.snapshot(start + 30s).retry_after, 0ms);
}

TEST(circuit_breaker, lets_only_the_trials_through_after_its_open_time) {
  auto breaker = make(1, 2);
  fail(breaker, start);
  EXPECT_FALSE(breaker.allow(start + 30s - 1ns));
  EXPECT_TRUE(breaker.allow(start + 30s));
  EXPECT_TRUE(breaker.allow(start + 30s));
  EXPECT_FALSE(breaker.allow(start + 30s));
  EXPECT_EQ(breaker.snapshot(start + 30s).refused, 2u);
}

TEST(circuit_breaker, closes_after_the_successes_asked_for) {
  auto breaker = make(1, 2);
  fail(breaker, start);
  succeed(breaker, start + 30s);
  EXPECT_EQ(state_of(breaker, start + 31s), breaker_state::half_open);
  succeed(breaker, start + 31s);
  EXPECT_EQ(state_of(breaker, start + 32s), breaker_state::closed);
}

TEST(circuit_breaker, one_failed_trial_opens_it_for_the_whole_time_again) {
  auto breaker = make(1, 2);
  fail(breaker, start);
  fail(breaker, start + 35s);
  EXPECT_FALSE(breaker.allow(start + 64s));
  EXPECT_TRUE(breaker.allow(start + 65s));
}

TEST(circuit_breaker, a_cancelled_trial_makes_room_for_another) {
  auto breaker = make(1, 1);
  fail(breaker, start);
  const auto trial = breaker.allow(start + 30s);
  ASSERT_TRUE(trial);
  EXPECT_FALSE(breaker.allow(start + 30s));
  breaker.cancel(*trial);
  EXPECT_TRUE(breaker.allow(start + 30s));
}

TEST(circuit_breaker, a_late_result_says_nothing_while_it_is_open) {
  auto breaker = make(1, 1);
  const auto early = breaker.allow(start);
  const auto other = breaker.allow(start);
  fail(breaker, start);
  breaker.success(*early, start + 1s);
  EXPECT_EQ(state_of(breaker, start + 1s), breaker_state::open);
  breaker.failure(*other, start + 2s);
  EXPECT_TRUE(breaker.allow(start + 30s)) << "the open time does not begin anew";
}

TEST(circuit_breaker, a_late_result_is_no_trial_and_does_not_count_after_it_has_closed) {
  auto breaker = make(1, 1);
  std::vector<circuit_breaker::permit> late;
  late.reserve(3);
  for (auto call = 0; call < 3; ++call)
    late.push_back(*breaker.allow(start));
  fail(breaker, start);
  const auto trial = breaker.allow(start + 30s);
  ASSERT_TRUE(trial);
  breaker.success(late[0], start + 31s);
  EXPECT_EQ(state_of(breaker, start + 31s), breaker_state::half_open) << "the trial has not come back";
  breaker.failure(late[1], start + 31s);
  EXPECT_EQ(state_of(breaker, start + 31s), breaker_state::half_open);
  breaker.success(*trial, start + 32s);
  breaker.failure(late[2], start + 33s);
  EXPECT_EQ(state_of(breaker, start + 33s), breaker_state::closed);
}

TEST(circuit_breaker, refuses_a_policy_that_could_never_work) {
  for (const auto policy : {breaker_policy{0, 30s, 1}, breaker_policy{1, 0ms, 1}, breaker_policy{1, -1s, 1},
                            breaker_policy{1, 30s, 0}})
    EXPECT_THROW(circuit_breaker("python", policy), std::invalid_argument);
}

TEST(circuit_breaker, can_be_tripped_and_reset_by_hand_and_tells_of_every_change) {
  std::vector<breaker_state> changes;
  auto breaker = make(5, 1, [&](const breaker_snapshot& view) {
    EXPECT_EQ(view.name, "python");
    changes.push_back(view.state);
  });
  breaker.reset(start); // is closed already
  breaker.trip(start);
  breaker.trip(start + 1s); // is open already: only the open time begins anew
  EXPECT_EQ(breaker.snapshot(start + 1s).retry_after, 30s);
  EXPECT_FALSE(breaker.allow(start + 1s));
  breaker.reset(start + 2s);
  EXPECT_TRUE(breaker.allow(start + 2s));
  EXPECT_EQ(changes, (std::vector{breaker_state::open, breaker_state::closed}));
  EXPECT_EQ(breaker.snapshot(start).opened, 1u);
}

/// The definition as a replay of everything that happened since the last change of state. A call knows by the
/// number of that change whether it is late.
class naive_breaker {
public:
  naive_breaker(unsigned threshold, unsigned trials) : threshold_(threshold), trials_(trials) {}

  std::optional<int> allow(time_point now) {
    if (state_ == breaker_state::open && now >= changed_ + 30s)
      turn(breaker_state::half_open, now);
    const bool allowed = state_ == breaker_state::closed ||
                         (state_ == breaker_state::half_open &&
                          count('a') - count('f') - count('c') < static_cast<long>(trials_));
    if (allowed && state_ == breaker_state::half_open)
      events_.push_back('a');
    return allowed ? std::optional{changes_} : std::nullopt;
  }

  void result(char what, int asked, time_point now) { // s, f, c
    if (asked != changes_)
      return;
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
    ++changes_;
    events_.clear();
  }

  unsigned threshold_;
  unsigned trials_;
  breaker_state state_ = breaker_state::closed;
  time_point changed_{};
  int changes_ = 0;
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
    std::vector<std::pair<circuit_breaker::permit, int>> under_way;
    auto now = start;
    for (auto step = 0; step < 120; ++step) {
      now += std::chrono::seconds{pick(0, 12)};
      if (under_way.empty() || pick(0, 1) == 0) {
        const auto ours = breaker.allow(now);
        const auto theirs = naive.allow(now);
        ASSERT_EQ(ours.has_value(), theirs.has_value()) << "run " << run << ", step " << step;
        if (ours)
          under_way.emplace_back(*ours, *theirs);
      } else { // any of them comes back, also long after its time
        const auto which = under_way.begin() + pick(0, static_cast<int>(under_way.size()) - 1);
        const char what = "ffsssc"[pick(0, 5)];
        if (what == 'f')
          breaker.failure(which->first, now);
        else if (what == 's')
          breaker.success(which->first, now);
        else
          breaker.cancel(which->first);
        naive.result(what, which->second, now);
        under_way.erase(which);
      }
      ASSERT_EQ(state_of(breaker, now), naive.state()) << "run " << run << ", step " << step;
    }
  }
}

} // namespace
} // namespace sandboxd::supervision
