#include "actors/file_pool.hpp"
#include "actors/file_worker.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace sandboxd::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The pool with workers that run when the test lets them, on its own thread.
class file_pool : public testing::sandbox_world {
protected:
  file_pool_actor pool;
  std::vector<std::string> done;
  std::vector<std::string> given_up;

  void SetUp() override {
    settings->files.workers = 2;
    settings->files.max_queued = 3;
    settings->files.operation_timeout = std::chrono::seconds(10);
    context->use(settings);
  }

  void TearDown() override {
    pool = nullptr;
    sandbox_world::TearDown();
  }

  void start_pool() {
    pool = spawn_at(paths::file_pool, file_pool_behavior, context);
    run();
  }
  file_worker_actor start_worker(int number) {
    auto worker = spawn_at(paths::files + "/worker-" + std::to_string(number), file_worker_behavior);
    run();
    return worker;
  }
  void add(const std::string& name) {
    caf::anon_send(pool, blocking_task{[this, name] { done.push_back(name); },
                                       [this, name](const failure& reason) {
                                         given_up.push_back(name + " " +
                                                            std::to_string(static_cast<int>(reason.code)));
                                       }});
    run();
  }
  static std::string told(const std::string& name, error_code code) {
    return name + " " + std::to_string(static_cast<int>(code));
  }
};

TEST_F(file_pool, hands_tasks_to_its_workers_in_order_of_arrival) {
  start_pool();
  add("first");
  add("second");
  EXPECT_THAT(done, IsEmpty()) << "nobody is there";
  start_worker(1);
  EXPECT_THAT(done, ElementsAre("first", "second"));
  add("third");
  EXPECT_THAT(done, ElementsAre("first", "second", "third"));
}

TEST_F(file_pool, refuses_what_does_not_fit_its_queue) {
  start_pool();
  for (const auto* name : {"1", "2", "3", "4"})
    add(name);
  EXPECT_THAT(given_up, ElementsAre(told("4", error_code::too_busy)));
  start_worker(1);
  EXPECT_THAT(done, ElementsAre("1", "2", "3"));
}

TEST_F(file_pool, gives_up_what_takes_too_long) {
  start_pool();
  add("late");
  advance(std::chrono::seconds(9));
  EXPECT_THAT(given_up, IsEmpty());
  advance(std::chrono::seconds(3));
  EXPECT_THAT(given_up, ElementsAre(told("late", error_code::resource_busy)));
  start_worker(1);
  EXPECT_THAT(done, IsEmpty());
}

TEST_F(file_pool, finds_its_workers_again_after_a_restart) {
  start_worker(1);
  start_worker(2);
  start_pool();
  add("task");
  EXPECT_THAT(done, ElementsAre("task"));
}

TEST_F(file_pool, forgets_workers_that_are_gone) {
  start_pool();
  auto worker = start_worker(1);
  caf::anon_send_exit(worker, caf::exit_reason::kill);
  run();
  add("task");
  EXPECT_THAT(done, IsEmpty());
  start_worker(2);
  EXPECT_THAT(done, ElementsAre("task"));
}

/// What a task holds tells its requester when it is lost with its worker.
TEST_F(file_pool, loses_no_answer_with_a_worker) {
  start_pool();
  start_worker(1);
  std::vector<error_code> answers;
  {
    const reply<int> answer(
        [&](result_of<int> result) { answers.push_back(std::get<failure>(result).code); });
    caf::anon_send(
        pool, blocking_task{[answer] { throw std::runtime_error("a bug"); }, [answer](const failure&) {}});
  }
  run();
  add("next");
  start_worker(2);
  EXPECT_THAT(done, ElementsAre("next"));
  EXPECT_THAT(answers, ElementsAre(error_code::internal_error));
}

} // namespace
} // namespace sandboxd::actors
