#include "supervision/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

const backoff::clock::time_point now{1000s};

uniform_random always(double value) {
  return [value] { return value; };
}

backoff_policy policy() {
  backoff_policy made;
  made.initial = 100ms;
  made.maximum = 1000ms;
  made.multiplier = 2.0;
  made.jitter = 0.5;
  made.reset_after = 60s;
  return made;
}

TEST(backoff, is_off_by_default) {
  backoff waits{backoff_policy{}};
  for (auto failure = 0; failure < 10; ++failure)
    EXPECT_EQ(waits.next_delay(now, now), 0ms);
}

TEST(backoff, doubles_up_to_the_maximum) {
  backoff waits{policy(), always(0.0)};
  for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms})
    EXPECT_EQ(waits.next_delay(now, now), expected);
}

TEST(backoff, jitter_takes_away_up_to_its_share) {
  backoff half{policy(), always(1.0)};
  EXPECT_EQ(half.next_delay(now, now), 50ms);
  EXPECT_EQ(half.next_delay(now, now), 100ms);
  backoff quarter{policy(), always(0.5)};
  EXPECT_EQ(quarter.next_delay(now, now), 75ms);
}

TEST(backoff, begins_anew_after_a_time_without_failure) {
  backoff waits{policy(), always(0.0)};
  waits.next_delay(now, now);
  waits.next_delay(now, now);
  EXPECT_EQ(waits.next_delay(now, now + 60s - 1ms), 400ms);
  EXPECT_EQ(waits.next_delay(now, now + 60s), 100ms);
}

TEST(backoff, survives_any_number_of_failures) {
  backoff waits{policy(), always(0.0)};
  for (auto failure = 0; failure < 5000; ++failure)
    waits.next_delay(now, now);
  EXPECT_EQ(waits.next_delay(now, now), 1000ms);
}

TEST(backoff, agrees_with_its_definition_on_random_runs) {
  std::mt19937 random{7};
  for (auto run = 0; run < 300; ++run) {
    backoff_policy drawn;
    drawn.initial = std::chrono::milliseconds{std::uniform_int_distribution{1, 500}(random)};
    drawn.maximum = drawn.initial * std::uniform_int_distribution{1, 50}(random);
    drawn.multiplier = std::uniform_real_distribution{1.0, 4.0}(random);
    drawn.jitter = std::uniform_real_distribution{0.0, 1.0}(random);
    backoff waits{drawn, [&random] { return std::uniform_real_distribution{0.0, 1.0}(random); }};
    auto ceiling = static_cast<double>(drawn.initial.count());
    const auto maximum = static_cast<double>(drawn.maximum.count());
    for (auto failure = 0; failure < 30; ++failure) {
      const auto delay = static_cast<double>(waits.next_delay(now, now).count());
      ASSERT_LE(delay, std::min(ceiling, maximum) + 0.5); // rounded to milliseconds
      ASSERT_GE(delay, std::min(ceiling, maximum) * (1.0 - drawn.jitter) - 0.5);
      ceiling = std::min(ceiling * drawn.multiplier, maximum);
    }
  }
}

TEST(backoff, default_random_stays_within_its_bounds) {
  for (auto draw = 0; draw < 1000; ++draw) {
    const auto value = default_random();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
  }
}

} // namespace
} // namespace sandboxd::supervision
