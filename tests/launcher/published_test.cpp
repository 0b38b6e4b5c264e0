#include "launcher/published.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace sandboxd::launcher {
namespace {

TEST(published, is_null_until_something_is_stored) {
  published<int> value;
  EXPECT_EQ(value.load(), nullptr);
  value.store(std::make_shared<const int>(1));
  EXPECT_EQ(*value.load(), 1);
}

TEST(published, keeps_what_a_reader_has_for_as_long_as_it_has_it) {
  published<int> value(std::make_shared<const int>(1));
  const auto before = value.load();
  value.store(std::make_shared<const int>(2));
  EXPECT_EQ(*before, 1);
  EXPECT_EQ(*value.load(), 2);
}

/// For ThreadSanitizer, which finds a race here with std::atomic<std::shared_ptr> of libstdc++ 12.
TEST(published, is_read_whole_while_it_is_replaced) {
  constexpr int rounds = 20'000;
  using pair = std::vector<int>;
  published<pair> value(std::make_shared<const pair>(2, 0));
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 1; i <= rounds; ++i)
      value.store(std::make_shared<const pair>(2, i));
    done = true;
  });
  int last = 0;
  while (!done) {
    const auto now = value.load();
    ASSERT_EQ(now->front(), now->back());
    ASSERT_GE(now->front(), last);
    last = now->front();
  }
  writer.join();
  EXPECT_EQ(value.load()->front(), rounds);
}

} // namespace
} // namespace sandboxd::launcher
