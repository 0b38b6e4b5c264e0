#include "actors/launcher.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <algorithm>

namespace sandboxd::actors {
namespace {

using namespace std::chrono_literals;

/// The launcher without any process: its I/O context never runs, so that the test tells it what becomes of
/// the spawners it asks for.
class launcher_without_processes : public testing::sandbox_world {
protected:
  launcher_actor actor;

  void SetUp() override {
    settings->supervision.backoff_base = 100ms;
    settings->supervision.backoff_max = 1s;
    actor = spawn_at(paths::launcher, launcher_behavior, context);
    run();
  }
  void TearDown() override {
    actor = nullptr;
    sandbox_world::TearDown();
    io.restart();
  }

  /// Spawner number `generation` could not be started. Returns whether the launcher was waiting for that one.
  bool fail_start(std::uint64_t generation) {
    const auto problem = "problem " + std::to_string(++problems_);
    caf::anon_send(actor, spawner_started{generation, nullptr, problem});
    run();
    return tree->actors->record(paths::launcher)->last_error() == problem;
  }

private:
  int problems_ = 0;
};

TEST_F(launcher_without_processes, tries_again_after_a_growing_while) {
  // Jitter takes at most half of each delay, which doubles from 100 ms up to 1 s.
  std::uint64_t generation = 1;
  ASSERT_TRUE(fail_start(generation));
  for (const auto delay : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    advance(delay / 2 - 1ms);
    EXPECT_FALSE(fail_start(generation + 1)) << "too early after " << generation << " failures";
    advance(delay - delay / 2 + 1ms);
    ASSERT_TRUE(fail_start(++generation)) << "after " << delay.count() << " ms";
  }
}

TEST_F(launcher_without_processes, lets_requests_wait_and_refuses_them_beyond_a_bound) {
  std::vector<future_answer<init_socket>> answers;
  for (int i = 0; i < 1025; ++i)
    answers.push_back(post<init_socket>(actor, spawn_init{}));
  run();
  EXPECT_EQ(
      std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return answer->has_value(); }),
      1);
  ASSERT_TRUE(answers.back()->has_value());
  EXPECT_EQ((*answers.back())->error(), caf::sec::runtime_error);
}

TEST_F(launcher_without_processes, answers_what_waits_when_it_crashes) {
  const auto answer = post<init_socket>(actor, spawn_init{});
  run();
  ASSERT_FALSE(answer->has_value());
  ASSERT_TRUE(tree->actors->inject_fault(paths::launcher));
  run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->error(), caf::sec::runtime_error);
}

} // namespace
} // namespace sandboxd::actors
