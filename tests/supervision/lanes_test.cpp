#include "supervision/lanes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::supervision {
namespace {

TEST(lanes, run_a_task_at_once_when_free) {
  lanes all;
  bool ran = false;
  all.enter("a", [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(lanes, run_tasks_of_one_lane_one_after_another) {
  lanes all;
  std::string order;
  all.enter("a", [&] { order += '1'; });
  all.enter("a", [&] { order += '2'; });
  all.enter("a", [&] {
    order += '3';
    all.leave("a");
  });
  EXPECT_EQ(order, "1");
  all.leave("a");
  EXPECT_EQ(order, "12");
  all.leave("a");
  EXPECT_EQ(order, "123");
}

TEST(lanes, do_not_wait_for_each_other) {
  lanes all;
  std::string order;
  all.enter("a", [&] { order += 'a'; });
  all.enter("b", [&] { order += 'b'; });
  EXPECT_EQ(order, "ab");
}

TEST(lanes, take_any_number_of_waiting_tasks_without_recursion) {
  lanes all;
  auto done = 0;
  all.enter("a", [] {});
  for (auto task = 0; task < 200000; ++task)
    all.enter("a", [&] {
      ++done;
      all.leave("a");
    });
  all.leave("a");
  EXPECT_EQ(done, 200000);
}

TEST(lanes, let_a_task_enter_its_own_lane_for_later) {
  lanes all;
  std::string order;
  all.enter("a", [&] {
    all.enter("a", [&] {
      order += '2';
      all.leave("a");
    });
    order += '1';
    all.leave("a");
  });
  EXPECT_EQ(order, "12");
}

} // namespace
} // namespace sandboxd::supervision
