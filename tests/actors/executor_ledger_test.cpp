#include "actors/executor_ledger.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <variant>
#include <vector>

namespace sandboxd::actors {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using outcome = executor_ledger::lease_outcome;

lent_executor on_paper(std::uint64_t number) {
  return std::make_shared<const executor_lease>(number, nullptr);
}

/// A pool on paper, and who was lent which executor.
struct pool {
  executor_ledger books;
  executor_ledger::time now{};
  std::vector<std::uint64_t> lent;
  int refused = 0;

  explicit pool(const executor_ledger::bounds& bounds) { books.set(bounds); }

  outcome lease() {
    return books.lease(reply<lent_executor>([this](const result_of<lent_executor>& result) {
                         if (const auto* executor = std::get_if<lent_executor>(&result))
                           lent.push_back((*executor)->number);
                         else
                           ++refused;
                       }),
                       now);
  }

  /// Starts as many as are missing; returns their numbers.
  std::vector<std::uint64_t> start() {
    std::vector<std::uint64_t> numbers;
    for (auto missing = books.missing(); missing > 0; --missing)
      numbers.push_back(books.begin());
    return numbers;
  }

  void fill() {
    for (auto numbers = start(); !numbers.empty(); numbers = start())
      for (const auto number : numbers)
        books.ready(on_paper(number), now);
  }
};

TEST(executor_ledger, starts_executors_ahead) {
  pool one({.min_ready = 3, .max_starting = 2});
  EXPECT_EQ(one.start(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(one.books.missing(), 0u) << "two at a time";
  one.books.ready(on_paper(1), one.now);
  EXPECT_EQ(one.start(), std::vector<std::uint64_t>{3});
}

TEST(executor_ledger, lends_what_is_ready_and_starts_another) {
  pool one({.min_ready = 2});
  one.fill();
  EXPECT_EQ(one.lease(), outcome::lent);
  EXPECT_EQ(one.lent, std::vector<std::uint64_t>{1}) << "the one that has waited longest";
  EXPECT_EQ(one.books.missing(), 1u);
}

TEST(executor_ledger, lets_who_comes_wait_in_order) {
  pool one({.min_ready = 0});
  EXPECT_EQ(one.lease(), outcome::waits);
  EXPECT_EQ(one.lease(), outcome::waits);
  const auto numbers = one.start();
  ASSERT_EQ(numbers.size(), 2u);
  one.books.ready(on_paper(numbers[1]), one.now);
  one.books.ready(on_paper(numbers[0]), one.now);
  EXPECT_EQ(one.lent, (std::vector<std::uint64_t>{numbers[1], numbers[0]}));
  EXPECT_EQ(one.books.idle(), 0u);
}

TEST(executor_ledger, refuses_beyond_the_maximum_at_once) {
  pool one({.min_ready = 1, .max_all = 2});
  one.fill();
  EXPECT_EQ(one.lease(), outcome::lent);
  EXPECT_EQ(one.lease(), outcome::waits);
  EXPECT_EQ(one.lease(), outcome::at_limit);
  one.fill();
  EXPECT_EQ(one.lent.size(), 2u);
  EXPECT_EQ(one.books.missing(), 0u) << "none ahead where none may be";
  one.books.gone(one.lent[0]);
  EXPECT_EQ(one.books.missing(), 1u);
  EXPECT_EQ(one.lease(), outcome::waits);
}

TEST(executor_ledger, ends_who_idles_too_long) {
  pool one({.min_ready = 3, .idle_timeout = 100ms});
  one.fill();
  one.books.set({.min_ready = 1, .idle_timeout = 100ms});
  EXPECT_EQ(one.books.end_surplus(one.now + 99ms), 0u);
  EXPECT_EQ(one.books.end_surplus(one.now + 100ms), 2u);
  EXPECT_EQ(one.books.idle(), 1u);
  EXPECT_EQ(one.books.all(), 3u) << "until they are gone";
}

TEST(executor_ledger, ends_who_is_beyond_a_lowered_maximum) {
  pool one({.min_ready = 3, .idle_timeout = 1h});
  one.fill();
  EXPECT_EQ(one.lease(), outcome::lent);
  one.fill();
  one.books.set({.min_ready = 2, .max_all = 2, .idle_timeout = 1h});
  EXPECT_EQ(one.books.end_surplus(one.now), 2u);
  EXPECT_EQ(one.books.idle(), 1u);
  EXPECT_EQ(one.books.lent(), 1u) << "what is lent is not taken away";
}

TEST(executor_ledger, goes_on_when_one_dies_while_it_starts) {
  pool one({.min_ready = 0});
  one.lease();
  const auto first = one.start();
  EXPECT_EQ(one.books.gone(first[0]), executor_ledger::state::starting);
  EXPECT_EQ(one.books.missing(), 1u) << "somebody still waits";
  one.fill();
  EXPECT_EQ(one.lent.size(), 1u);
  EXPECT_EQ(one.books.gone(one.lent[0]), executor_ledger::state::lent);
}

TEST(executor_ledger, tells_who_has_waited_too_long) {
  pool one({.min_ready = 0});
  one.lease();
  one.lease();
  one.now += 100ms;
  one.lease();
  one.books.refuse_waiting(one.now, {error_code::unavailable, "too late"});
  EXPECT_EQ(one.refused, 2);
  EXPECT_EQ(one.books.missing(), 1u);
  one.books.refuse_first({error_code::unavailable, "none"});
  EXPECT_EQ(one.refused, 3);
  one.books.refuse_first({error_code::unavailable, "nobody is there"});
}

TEST(executor_ledger, keeps_its_bounds_whatever_happens) {
  std::mt19937 random{5};
  for (int round = 0; round < 300; ++round) {
    const executor_ledger::bounds bounds{
        .min_ready = random() % 4, .max_all = 3 + random() % 5, .max_starting = 2};
    pool one(bounds);
    std::set<std::uint64_t> starting;
    std::set<std::uint64_t> alive;
    for (int step = 0; step < 100; ++step) {
      switch (random() % 4) {
      case 0:
        one.lease();
        break;
      case 1:
        for (const auto number : one.start()) {
          starting.insert(number);
          alive.insert(number);
        }
        break;
      case 2:
        if (!starting.empty()) {
          one.books.ready(on_paper(*starting.begin()), one.now);
          starting.erase(starting.begin());
        }
        break;
      case 3:
        if (!alive.empty()) {
          const auto dead = *std::next(alive.begin(), static_cast<long>(random() % alive.size()));
          one.books.gone(dead);
          starting.erase(dead);
          alive.erase(dead);
        }
        break;
      }
      ASSERT_EQ(one.books.all(), alive.size());
      ASSERT_EQ(one.books.starting(), starting.size());
      ASSERT_LE(one.books.all(), bounds.max_all);
      ASSERT_LE(one.books.starting(), 2u);
      ASSERT_EQ(std::set(one.lent.begin(), one.lent.end()).size(), one.lent.size()) << "nobody is lent twice";
    }
  }
}

} // namespace
} // namespace sandboxd::actors
