#include "actors/reply.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace sandboxd::actors {
namespace {

TEST(reply, delivers_once) {
  std::vector<result_of<int>> answers;
  const reply<int> one([&](result_of<int> result) { answers.push_back(std::move(result)); });
  const auto copy = one; // NOLINT(performance-unnecessary-copy-initialization)
  one.deliver(1);
  copy.deliver(2);
  one.deliver(failure{error_code::too_busy, "late"});
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(std::get<int>(answers[0]), 1);
}

TEST(reply, is_an_internal_error_when_everybody_forgot_it) {
  std::vector<result_of<int>> answers;
  {
    auto last =
        std::make_shared<reply<int>>([&](result_of<int> result) { answers.push_back(std::move(result)); });
    const auto copy = *last;
    last.reset();
    EXPECT_TRUE(answers.empty()) << "a copy lives";
  }
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(std::get<failure>(answers[0]).code, error_code::internal_error);
}

TEST(reply, to_nobody_is_ignored) {
  const reply<int> nobody;
  nobody.deliver(1);
}

TEST(reply, is_given_once_however_many_threads_answer) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> answers = 0;
    std::latch ready(4);
    {
      const reply<std::string> shared([&](const result_of<std::string>&) { ++answers; });
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([copy = shared, &ready] {
          ready.arrive_and_wait();
          copy.deliver(std::string("answer"));
        });
      for (auto& thread : threads)
        thread.join();
    }
    ASSERT_EQ(answers, 1);
  }
}

} // namespace
} // namespace sandboxd::actors
