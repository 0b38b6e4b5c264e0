#include "supervision/errors.hpp"
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

// ---- creation

TEST_F(code_contexts, are_made_as_wanted_when_they_have_an_executor) {
  settings->interpreter.result_max_bytes = 77;
  context_options options;
  options.spoken = language::javascript;
  options.directory = "/w";
  options.environment = {{"A", "1"}};
  options.variables = R"({"x":1})";
  create(options);
  EXPECT_TRUE(created.empty());
  lend();
  EXPECT_EQ(heard(), (json{{"type", "configure"},
                           {"cwd", "/w"},
                           {"fallback_cwd", "/workspace"},
                           {"environment", {{"A", "1"}}},
                           {"result_limit", 77},
                           {"variables", {{"x", 1}}}}));
  ASSERT_TRUE(wait_until([this] { return !created.empty(); }));
  ASSERT_TRUE(created.value());
  EXPECT_EQ(created.value()->id, "c-1");
  EXPECT_EQ(created.value()->spoken, language::javascript);
  EXPECT_EQ(created.value()->directory, "/w");
}

TEST_F(code_contexts, work_in_the_workspace_unless_told_otherwise) {
  create();
  lend();
  EXPECT_EQ(heard()["cwd"], "/workspace");
}

TEST_F(code_contexts, are_not_made_without_an_executor) {
  create();
  failure reason(error_code::circuit_open, "later");
  reason.retry_after = 7;
  refuse(reason);
  EXPECT_EQ(created.failure_code(), error_code::circuit_open);
  EXPECT_FALSE(is_there());
  EXPECT_THAT(context->contexts->all(), IsEmpty());
}

TEST_F(code_contexts, are_not_made_without_a_pool) {
  sandbox_world::TearDown();
  create();
  EXPECT_EQ(created.failure_code(), error_code::unavailable);
  EXPECT_FALSE(is_there());
  EXPECT_THAT(context->contexts->all(), IsEmpty());
}

TEST_F(code_contexts, are_not_made_when_the_pool_loses_the_request) {
  create();
  pool->leases.clear();
  run();
  EXPECT_EQ(created.failure_code(), error_code::internal_error);
  EXPECT_FALSE(is_there());
}

/// Nothing in a configuration can go wrong, so nobody waits for it; what becomes of the executor then is told
/// as at any other time.
TEST_F(code_contexts, are_there_although_their_executor_dies_at_once) {
  create();
  lend();
  executor().exit(3);
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  EXPECT_TRUE(created.value());
  EXPECT_THAT(pool->survived, ElementsAre(false));
  EXPECT_TRUE(is_there());
}

/// It is not this context's fault, and nobody else's.
TEST_F(code_contexts, blame_nobody_when_their_executor_ends_with_its_fork_server) {
  settings->supervision.context_intensity = 0;
  begin();
  for (int times = 0; times < 3; ++times) {
    lent.back()->dialogue->doomed();
    ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); })) << "they want another, and do not rest";
    lend_and_configure();
  }
  EXPECT_THAT(pool->survived, IsEmpty());
}

// ---- runs

TEST_F(code_contexts, run_one_cell_after_the_other) {
  begin();
  std::vector<recording_run_ptr> all;
  for (const auto* code : {"1", "2", "3"})
    all.push_back(execute(code));
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(runs(std::to_string(i + 1)));
    EXPECT_TRUE(executor().heard().is_null()) << "one at a time";
    for (std::size_t later = i + 1; later < all.size(); ++later)
      EXPECT_THAT(all[later]->story, IsEmpty());
    executor().print(std::to_string(i + 1) + "\n");
    executor().complete(static_cast<int>(i) + 1);
    ASSERT_TRUE(ends(all[i]));
    EXPECT_THAT(all[i]->story, ElementsAre("started", "out " + std::to_string(i + 1) + "\n", "finished"));
  }
  ASSERT_TRUE(wait_until([this] { return pool->survived.size() == 3; }));
  EXPECT_THAT(pool->survived, ElementsAre(true, true, true));
  EXPECT_GT(context->contexts->find("c-1")->record.last_used,
            context->contexts->find("c-1")->record.created_at);
}

TEST_F(code_contexts, go_on_after_an_error) {
  begin();
  const auto bad = execute("1/0");
  const auto good = execute("1");
  ASSERT_TRUE(runs("1/0"));
  executor().raise("ZeroDivisionError");
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(good));
  EXPECT_THAT(bad->story, ElementsAre("started", "finished ZeroDivisionError"));
  EXPECT_THAT(good->story, ElementsAre("started", "finished"));
}

TEST_F(code_contexts, give_a_run_its_own_variables) {
  begin();
  run_request request;
  request.code = "1";
  request.environment = {{"A", "1"}};
  execute(request);
  EXPECT_EQ(heard()["environment"], (json{{"A", "1"}}));
}

/// HTTP.md 9.2
TEST_F(code_contexts, refuse_another_language) {
  begin();
  run_request request;
  request.spoken = language::javascript;
  const auto refused = execute(request);
  EXPECT_EQ(refused->failure_code(), error_code::code_execution_error);
  EXPECT_THAT(refused->failures.at(0).message,
              ::testing::HasSubstr("was created for python, cannot execute javascript code"));
  request.spoken = language::python;
  request.code = "1";
  execute(request);
  EXPECT_TRUE(runs("1"));
}

TEST_F(code_contexts, let_no_more_runs_wait_than_configured) {
  settings->interpreter.max_waiting_runs = 2;
  begin();
  const auto running = execute("1");
  ASSERT_TRUE(runs("1"));
  const auto second = execute("2");
  const auto third = execute("3");
  EXPECT_EQ(execute("4")->failure_code(), error_code::too_busy);
  executor().complete();
  ASSERT_TRUE(runs("2"));
  EXPECT_THAT(execute("5")->story, IsEmpty()) << "there is room again";
  EXPECT_EQ(execute("6")->failure_code(), error_code::too_busy);
  EXPECT_THAT(third->story, IsEmpty());
}

TEST_F(code_contexts, limit_each_run_as_it_is_wanted) {
  settings->interpreter.execution_timeout = 21ms;
  context_options options;
  const auto timed_out = [this](const run_request& request) {
    const auto one = execute(request);
    EXPECT_TRUE(runs(""));
    EXPECT_TRUE(wait_until([&] { return executor().interrupted(); }));
    executor().raise("KeyboardInterrupt");
    EXPECT_TRUE(ends(one));
    return one->error_text();
  };
  begin();
  EXPECT_EQ(timed_out({}), "The run took longer than 21 ms") << "as configured";
  run_request request;
  request.timeout = 23ms;
  EXPECT_EQ(timed_out(request), "The run took longer than 23 ms") << "the run's own";
}

TEST_F(code_contexts, limit_runs_as_they_were_made_to) {
  settings->interpreter.execution_timeout = 1h;
  context_options options;
  options.timeout = 22ms;
  begin(options);
  const auto one = execute("1");
  ASSERT_TRUE(runs("1"));
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(one));
  EXPECT_EQ(one->error_text(), "The run took longer than 22 ms");
}

// ---- interrupt, restart, end

TEST_F(code_contexts, interrupt_the_run_that_is_under_way) {
  begin();
  const auto one = execute("1");
  const auto next = execute("2");
  ASSERT_TRUE(runs("1"));
  const auto answer = ask<interrupt_context, context_record>();
  ASSERT_TRUE(answer.value());
  EXPECT_EQ(answer.value()->id, "c-1");
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(runs("2"));
  EXPECT_THAT(one->story, ElementsAre("started", "finished KeyboardInterrupt"));
  EXPECT_FALSE(executor().interrupted()) << "nobody has interrupted the next";
}

TEST_F(code_contexts, have_nothing_to_interrupt_when_nothing_runs) {
  begin();
  EXPECT_TRUE((ask<interrupt_context, context_record>().value()));
  const auto one = execute("1");
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(one));
  EXPECT_FALSE(executor().interrupted());
}

TEST_F(code_contexts, restart_with_another_executor) {
  begin();
  const auto running = execute("1");
  const auto waiting = execute("2");
  ASSERT_TRUE(runs("1"));
  const auto restarted = ask<restart_context, context_record>();
  EXPECT_EQ(waiting->failure_code(), error_code::code_execution_error);
  EXPECT_TRUE(restarted.empty());
  ASSERT_TRUE(ends(running));
  EXPECT_THAT(running->story, ElementsAre("started", "finished ExecutorTerminated"));
  EXPECT_TRUE(wait_until([this] { return !lent[0]->executor->lives(); }));
  const auto next = execute("3");
  EXPECT_TRUE(restarted.empty());
  lend_and_configure();
  ASSERT_TRUE(runs("3"));
  EXPECT_TRUE(restarted.value());
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started", "finished")) << "its state was given up, not lost";
  EXPECT_THAT(pool->leases, IsEmpty()) << "one for each";
}

TEST_F(code_contexts, stay_when_a_restart_gets_no_executor) {
  begin();
  const auto restarted = ask<restart_context, context_record>();
  refuse({error_code::context_creation_failed, "none to be had"});
  EXPECT_EQ(restarted.failure_code(), error_code::context_creation_failed);
  EXPECT_TRUE(is_there());
  const auto refused = execute("1");
  refuse({error_code::context_creation_failed, "none to be had"});
  EXPECT_EQ(refused->failure_code(), error_code::context_creation_failed);
  const auto runs_again = execute("2");
  lend_and_configure();
  EXPECT_TRUE(runs("2"));
}

TEST_F(code_contexts, end_with_all_that_runs_and_waits) {
  begin();
  const auto running = execute("1");
  const auto waiting = execute("2");
  ASSERT_TRUE(runs("1"));
  const auto ended = ask<end_context, std::string>();
  EXPECT_EQ(waiting->failure_code(), error_code::context_not_found);
  EXPECT_THAT(context->contexts->all(), IsEmpty());
  ASSERT_TRUE(wait_until([&] { return !ended.empty(); }));
  EXPECT_EQ(ended.value(), "c-1");
  ASSERT_TRUE(ends(running));
  EXPECT_EQ(running->ends(), 1u);
  EXPECT_TRUE(wait_until([this] { return !lent[0]->executor->lives(); }));
  EXPECT_FALSE(is_there());
}

TEST_F(code_contexts, can_be_ended_before_they_are_made) {
  create();
  const auto ended = ask<end_context, std::string>();
  EXPECT_EQ(ended.value(), "c-1");
  EXPECT_EQ(created.failure_code(), error_code::context_not_found);
  EXPECT_FALSE(is_there());
  lend(); // to nobody
  EXPECT_TRUE(wait_until([this] { return !lent[0]->executor->lives(); })) << "nobody holds it";
}

TEST_F(code_contexts, end_when_their_tree_does) {
  begin();
  const auto running = execute("1");
  const auto waiting = execute("2");
  ASSERT_TRUE(runs("1"));
  caf::anon_send(caf::actor_cast<caf::actor>(actor),
                 caf::exit_msg{actor->address(), supervision::polite_exit()});
  ASSERT_TRUE(ends(running));
  EXPECT_EQ(waiting->ends(), 1u);
  EXPECT_FALSE(is_there());
  EXPECT_THAT(context->contexts->all(), IsEmpty());
}

/// A crash answers what it had in its hands.
TEST_F(code_contexts, lose_nothing_when_they_crash) {
  begin();
  const auto running = execute("1");
  const auto waiting = execute("2");
  ASSERT_TRUE(runs("1"));
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  ASSERT_TRUE(ends(running));
  ASSERT_TRUE(ends(waiting));
  EXPECT_EQ(waiting->failure_code(), error_code::internal_error);
  EXPECT_EQ(running->ends(), 1u);
  EXPECT_THAT(context->contexts->all(), IsEmpty());
  EXPECT_TRUE(wait_until([this] { return !lent[0]->executor->lives(); }));
}

// ---- TypeScript

class typescript_contexts : public code_contexts {
protected:
  void SetUp() override {
    code_contexts::SetUp();
    context_options options;
    options.spoken = language::typescript;
    begin(options);
  }
  void answer(interpreters::transpiled_code made) {
    ASSERT_FALSE(transpiler->empty());
    transpiler->front().done.deliver(std::move(made));
    transpiler->pop_front();
    run();
  }
};

TEST_F(typescript_contexts, run_what_was_made_of_the_code) {
  const auto one = execute("let x: number");
  const auto two = execute("x as any");
  ASSERT_EQ(transpiler->size(), 1u) << "one at a time";
  EXPECT_EQ(transpiler->front().code, "let x: number");
  answer({1, "let x", R"({"version":3})", ""});
  auto request = heard();
  EXPECT_EQ(request["code"], "let x");
  EXPECT_EQ(request["map"], (json{{"version", 3}}));
  executor().complete();
  ASSERT_TRUE(ends(one));
  ASSERT_TRUE(wait_until([&] { return transpiler->size() == 1; }));
  answer({2, "x", "{}", ""});
  EXPECT_TRUE(runs("x"));
}

/// It counts its cells, and knows how errors look.
TEST_F(typescript_contexts, have_the_executor_tell_what_is_no_typescript) {
  const auto bad = execute("let x: =");
  answer({1, "", "", R"({"message":"Unexpected \"=\"","line":1})"});
  EXPECT_EQ(heard(), (json{{"type", "run"},
                           {"code", ""},
                           {"environment", json::object()},
                           {"problem", {{"message", "Unexpected \"=\""}, {"line", 1}}}}));
  executor().raise("TranspileError");
  ASSERT_TRUE(ends(bad));
  EXPECT_THAT(bad->story, ElementsAre("started", "finished TranspileError"));
}

TEST_F(typescript_contexts, fail_only_what_could_not_be_transpiled) {
  const auto lost = execute("1");
  const auto next = execute("2");
  transpiler->front().done.deliver(failure{error_code::interpreter_not_ready, "starting"});
  transpiler->pop_front();
  run();
  EXPECT_EQ(lost->failure_code(), error_code::interpreter_not_ready);
  answer({2, "2", "{}", ""});
  EXPECT_TRUE(runs("2"));
}

TEST_F(typescript_contexts, end_a_run_whose_transpiler_crashes) {
  const auto lost = execute("1");
  transpiler->clear();
  run();
  EXPECT_EQ(lost->ends(), 1u);
}

TEST_F(typescript_contexts, keep_a_run_when_the_executor_dies_while_it_is_transpiled) {
  const auto one = execute("1");
  executor().exit(0);
  ASSERT_TRUE(wait_until([this] { return !pool->leases.empty(); }));
  answer({1, "1", "{}", ""});
  EXPECT_THAT(one->story, IsEmpty());
  lend_and_configure();
  ASSERT_TRUE(wait_until([&] { return transpiler->size() == 1; }));
  answer({1, "1", "{}", ""});
  ASSERT_TRUE(runs("1"));
  executor().complete();
  ASSERT_TRUE(ends(one));
  EXPECT_THAT(one->story, ElementsAre("started without state", "finished"));
}

TEST_F(typescript_contexts, forget_what_is_transpiled_when_they_are_restarted) {
  const auto given_up = execute("1");
  const auto restarted = ask<restart_context, context_record>();
  EXPECT_EQ(given_up->failure_code(), error_code::code_execution_error);
  lend_and_configure();
  ASSERT_TRUE(wait_until([&] { return !restarted.empty(); }));
  const auto next = execute("2");
  ASSERT_EQ(transpiler->size(), 2u);
  answer({1, "1", "{}", ""}); // for a run that has failed
  EXPECT_TRUE(executor().heard().is_null());
  answer({2, "2", "{}", ""});
  EXPECT_TRUE(runs("2"));
  EXPECT_THAT(next->story, ElementsAre("started"));
}

} // namespace
} // namespace sandboxd::actors
