#include "tests/actors/code_context_world.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace sandboxd::actors {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using nlohmann::json;
using ::testing::ElementsAre;
using testing::executor_and_dialogue;
using ::testing::IsEmpty;
using testing::recorded_answers;
using testing::recording_run;
using testing::recording_run_ptr;

using code_contexts = testing::code_context_world;

// ---- executors that die

TEST_F(code_contexts, have_another_executor_when_theirs_dies_in_a_run) {
  begin();
  const auto fatal = execute("exit");
  ASSERT_TRUE(runs("exit"));
  executor().exit(3);
  ASSERT_TRUE(ends(fatal));
  EXPECT_THAT(fatal->story, ElementsAre("started", "finished ExecutorTerminated"));
  EXPECT_EQ(fatal->error_text(), "The executor ended with exit code 3");
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  EXPECT_FALSE(pool->survived.back());
  const auto next = execute("1");
  EXPECT_THAT(next->story, IsEmpty());
  lend_and_configure();
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started without state", "finished"));
  const auto after = execute("2");
  ASSERT_TRUE(runs("2"));
  executor().complete();
  ASSERT_TRUE(ends(after));
  EXPECT_THAT(after->story, ElementsAre("started", "finished")) << "told once";
  EXPECT_EQ(fatal->ends(), 1u);
}

/// Or the circuit of the pool would never open: each loss would follow a success.
TEST_F(code_contexts, tell_the_pool_of_a_loss_once) {
  begin();
  const auto fatal = execute("exit");
  ASSERT_TRUE(runs("exit"));
  executor().exit(3);
  ASSERT_TRUE(ends(fatal));
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  EXPECT_THAT(pool->survived, ElementsAre(false));
}

TEST_F(code_contexts, keep_what_waits_for_the_next_executor_when_theirs_dies_in_a_run) {
  begin();
  const auto fatal = execute("exit");
  const auto waiting = execute("1");
  ASSERT_TRUE(runs("exit"));
  executor().exit(3);
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  EXPECT_THAT(waiting->story, IsEmpty());
  lend_and_configure();
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(waiting));
  EXPECT_THAT(waiting->story, ElementsAre("started without state", "finished"));
}

TEST_F(code_contexts, have_another_executor_when_theirs_dies_between_runs) {
  begin();
  executor().exit(0);
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  EXPECT_THAT(pool->survived, ElementsAre(false));
  lend_and_configure();
  const auto next = execute("1");
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started without state", "finished"));
}

/// The run is sent to it before anybody knows.
TEST_F(code_contexts, run_in_the_next_executor_what_theirs_did_not_begin) {
  begin();
  executor().exit(0);
  ASSERT_TRUE(wait_until([this] { return !executor().lives(); })); // and nobody has heard of it
  const auto next = execute("1");
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  lend_and_configure();
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started without state", "finished"));
  EXPECT_THAT(pool->survived, ElementsAre(false, true));
}

TEST_F(code_contexts, fail_what_waits_when_there_is_no_other_executor) {
  begin();
  const auto fatal = execute("exit");
  ASSERT_TRUE(runs("exit"));
  executor().exit(1);
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  const auto next = execute("1");
  refuse({error_code::circuit_open, "later"});
  EXPECT_EQ(next->failure_code(), error_code::circuit_open);
  EXPECT_TRUE(is_there());
  const auto later = execute("2");
  lend_and_configure();
  ASSERT_TRUE(runs("2"));
  executor().complete();
  ASSERT_TRUE(ends(later));
  EXPECT_THAT(later->story, ElementsAre("started without state", "finished"));
}

TEST_F(code_contexts, do_not_take_the_end_of_an_executor_they_have_given_up_for_that_of_the_next) {
  begin();
  ask<restart_context, context_record>();
  lend_and_configure(); // meanwhile the first one ends
  ASSERT_TRUE(wait_until([this] { return !lent[0]->executor->lives(); }));
  const auto one = execute("1");
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(one));
  EXPECT_THAT(one->story, ElementsAre("started", "finished"));
  EXPECT_THAT(pool->leases, IsEmpty());
}

TEST_F(code_contexts, rest_when_they_lose_executors_too_often) {
  settings->supervision.context_intensity = 2;
  settings->supervision.context_period = 3600s;
  begin();
  const auto lose = [this](std::size_t count) {
    executor().exit(3);
    return wait_until([this, count] { return pool->survived.size() == count; });
  };
  for (const std::size_t lost : {1u, 2u}) {
    ASSERT_TRUE(lose(lost));
    lend_and_configure();
  }
  const auto running = execute("1");
  const auto waiting = execute("2");
  ASSERT_TRUE(runs("1"));
  ASSERT_TRUE(lose(3));
  EXPECT_THAT(pool->leases, IsEmpty());
  EXPECT_THAT(running->story, ElementsAre("started without state", "finished ExecutorTerminated"));
  EXPECT_EQ(waiting->failure_code(), error_code::interpreter_not_ready);
  EXPECT_EQ(waiting->failures.at(0).retry_after, 3600u);
  EXPECT_THAT(waiting->failures.at(0).message, ::testing::HasSubstr("has lost 3 executors within 3600 s"));
  EXPECT_EQ(execute("3")->failure_code(), error_code::interpreter_not_ready);
  EXPECT_TRUE(is_there());
  advance(3599s);
  EXPECT_EQ(execute("4")->failure_code(), error_code::interpreter_not_ready);
  advance(1s);
  const auto next = execute("5");
  lend_and_configure();
  ASSERT_TRUE(runs("5"));
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started without state", "finished"));
}

TEST_F(code_contexts, refuse_to_be_restarted_while_they_rest) {
  settings->supervision.context_intensity = 0;
  begin();
  executor().exit(3);
  ASSERT_TRUE(wait_until([this] { return pool->survived.size() == 1; }));
  EXPECT_EQ((ask<restart_context, context_record>().failure_code()), error_code::interpreter_not_ready);
  advance(settings->supervision.context_period);
  ask<restart_context, context_record>();
  EXPECT_EQ(pool->leases.size(), 1u);
}

} // namespace
} // namespace sandboxd::actors
