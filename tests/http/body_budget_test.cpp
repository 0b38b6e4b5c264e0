#include "http/body_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sandboxd::http {
namespace {

TEST(body_budget, gives_all_or_none) {
  body_budget budget(100);
  EXPECT_TRUE(budget.take(60));
  EXPECT_FALSE(budget.take(41));
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_TRUE(budget.has_room_for(40));
  EXPECT_FALSE(budget.has_room_for(41));
  EXPECT_TRUE(budget.take(40));
  budget.give_back(100);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(body_budget, huge_requests_do_not_wrap_around) {
  body_budget budget(100);
  EXPECT_TRUE(budget.take(1));
  EXPECT_FALSE(budget.take(~std::uint64_t{0}));
  EXPECT_FALSE(budget.has_room_for(~std::uint64_t{0}));
  EXPECT_EQ(budget.used(), 1u);
}

TEST(budget_share, grows_and_gives_back_when_destroyed) {
  auto budget = std::make_shared<body_budget>(100);
  {
    budget_share share(budget);
    EXPECT_TRUE(share.grow_to(30));
    EXPECT_TRUE(share.grow_to(10)); // never shrinks
    EXPECT_EQ(budget->used(), 30u);
    EXPECT_FALSE(share.grow_to(101));
    EXPECT_EQ(budget->used(), 30u);
    budget_share moved(std::move(share));
    EXPECT_EQ(budget->used(), 30u);
    EXPECT_TRUE(moved.grow_to(100));
    moved = budget_share(budget);
    EXPECT_EQ(budget->used(), 0u);
    EXPECT_TRUE(moved.grow_to(5));
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(budget_share, a_share_of_nothing_holds_nothing) {
  budget_share none;
  EXPECT_TRUE(none.grow_to(0));
  EXPECT_FALSE(none.grow_to(1));
}

TEST(body_budget, many_threads_never_exceed_it) {
  auto budget = std::make_shared<body_budget>(1000);
  std::vector<std::thread> threads;
  std::atomic<bool> exceeded = false;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        budget_share share(budget);
        (void)share.grow_to(400);
        if (budget->used() > 1000)
          exceeded = true;
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(budget->used(), 0u);
}

} // namespace
} // namespace sandboxd::http
