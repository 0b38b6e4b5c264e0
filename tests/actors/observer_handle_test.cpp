#include "tests/actors/recording.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace sandboxd::actors {
namespace {

using stories = std::vector<std::string>;
using testing::recording_observer;

TEST(observer_handle, forwards_everything_until_the_end_and_nothing_after) {
  const auto observer = std::make_shared<recording_observer>(true);
  {
    const observer_handle handle(observer);
    EXPECT_TRUE(handle.wants_live_output());
    handle.started({});
    handle.output(output_stream::out, "a");
    handle.output(output_stream::err, "b");
    handle.finished({});
    handle.output(output_stream::out, "late");
    handle.started({});
    handle.finished({});
    handle.failed({});
  }
  EXPECT_EQ(observer->story, (stories{"started", "out a", "err b", "finished"}));
}

TEST(observer_handle, forwards_one_failure) {
  const auto observer = std::make_shared<recording_observer>();
  {
    const observer_handle handle(observer);
    const auto copy = handle; // NOLINT(performance-unnecessary-copy-initialization)
    handle.failed({error_code::too_busy, "busy"});
    copy.failed({error_code::internal_error, "again"});
    copy.finished({});
  }
  EXPECT_EQ(observer->story, stories{"failed"});
  EXPECT_EQ(observer->failures[0].code, error_code::too_busy);
}

TEST(observer_handle, tells_of_the_loss_when_the_last_copy_goes_unanswered) {
  const auto observer = std::make_shared<recording_observer>();
  auto first = std::make_unique<observer_handle>(observer);
  {
    const auto second = *first;
    first.reset();
    EXPECT_TRUE(observer->story.empty());
  }
  EXPECT_EQ(observer->story, stories{"failed"});
  EXPECT_EQ(observer->failures[0].code, error_code::internal_error);
}

TEST(observer_handle, of_nobody_ignores_everything) {
  const observer_handle nobody;
  EXPECT_FALSE(nobody.wants_live_output());
  nobody.started({});
  nobody.output(output_stream::out, "a");
  nobody.finished({});
  nobody.failed({});
}

/// Finds two calls at once, and calls after the end.
struct suspicious_observer : command_observer {
  [[nodiscard]] bool wants_live_output() const override { return true; }
  void started(command_control) override { enter(false); }
  void output(output_stream, std::string) override { enter(false); }
  void finished(command_outcome) override { enter(true); }
  void failed(failure) override { enter(true); }

  void enter(bool is_the_end) {
    overlapped = overlapped || busy.exchange(true);
    late = late || ends > 0;
    ends += is_the_end ? 1 : 0;
    std::this_thread::yield();
    busy = false;
  }

  std::atomic<bool> busy = false;
  std::atomic<bool> overlapped = false;
  std::atomic<bool> late = false;
  std::atomic<int> ends = 0;
};

TEST(observer_handle, lets_one_call_in_at_a_time_and_ends_once) {
  for (int round = 0; round < 100; ++round) {
    const auto observer = std::make_shared<suspicious_observer>();
    std::latch ready(4);
    {
      const observer_handle shared(observer);
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([copy = shared, &ready, i] {
          ready.arrive_and_wait();
          for (int call = 0; call < 20; ++call)
            copy.output(output_stream::out, "x");
          i % 2 == 0 ? copy.finished({}) : copy.failed({});
        });
      for (auto& thread : threads)
        thread.join();
    }
    ASSERT_FALSE(observer->overlapped);
    ASSERT_FALSE(observer->late);
    ASSERT_EQ(observer->ends, 1);
  }
}

} // namespace
} // namespace sandboxd::actors
