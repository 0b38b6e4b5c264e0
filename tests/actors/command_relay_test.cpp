#include "actors/command_relay.hpp"
#include "tests/actors/recording.hpp"

#include <gtest/gtest.h>

namespace sandboxd::actors {
namespace {

using namespace std::chrono_literals;
using launched = launcher::command_result::ending;
using seen = command_outcome::ending;
using testing::recording_observer;

TEST(make_shell_command, carries_what_the_request_says) {
  command_request request;
  request.command = "echo a";
  request.env = {{"A", "1"}};
  request.cwd = "/usr";
  const auto command = make_shell_command(request, 7s, true);
  EXPECT_EQ(command.text, "echo a");
  EXPECT_EQ(command.environment, request.env);
  EXPECT_EQ(command.directory, "/usr");
  EXPECT_TRUE(command.live);
}

TEST(make_shell_command, takes_the_limit_of_the_request_before_that_of_the_session) {
  command_request request;
  EXPECT_EQ(make_shell_command(request, 7s, false).timeout, 7s);
  EXPECT_EQ(make_shell_command(request, 0ms, false).timeout, 0ms);
  request.timeout = 3s;
  EXPECT_EQ(make_shell_command(request, 7s, false).timeout, 3s);
  request.timeout = 0ms;
  EXPECT_EQ(make_shell_command(request, 7s, false).timeout, 0ms) << "explicitly unlimited";
}

class relay : public ::testing::Test {
protected:
  std::shared_ptr<recording_observer> observer = std::make_shared<recording_observer>(true);
  std::shared_ptr<std::atomic<bool>> closed = std::make_shared<std::atomic<bool>>(false);

  [[nodiscard]] launcher::command_events events(std::chrono::milliseconds limit = 5s) const {
    run_command command;
    command.observer = observer_handle(observer);
    return relay_to(command, limit, "s1", closed, nullptr, 0);
  }

  static launcher::command_result result(launched how, int exit_code) {
    launcher::command_result made;
    made.how = how;
    made.exit_code = exit_code;
    made.duration = 12ms;
    made.out = std::make_shared<launcher::captured_output>();
    made.err = std::make_shared<launcher::captured_output>();
    made.problem = "no process";
    return made;
  }
};

TEST_F(relay, passes_start_output_and_control_on) {
  std::size_t granted = 0;
  bool detached = false;
  const auto way = events();
  launcher::command_control control;
  control.grant = [&](std::size_t bytes) { granted = bytes; };
  control.detach = [&] { detached = true; };
  way.started(std::move(control));
  way.output(false, "a");
  way.output(true, "b");
  way.finished(result(launched::exited, 0));
  EXPECT_EQ(observer->story, (std::vector<std::string>{"started", "out a", "err b", "finished"}));
  observer->control.grant(17);
  observer->control.detach();
  EXPECT_EQ(granted, 17u);
  EXPECT_TRUE(detached);
}

struct outcome_row {
  launched how;
  int exit_code;
  seen expected;
};

TEST_F(relay, tells_how_commands_ended) {
  for (const auto& row : {outcome_row{launched::exited, 0, seen::exited},
                          {launched::exited, 137, seen::exited},
                          {launched::shell_ended, 7, seen::shell_ended},
                          {launched::timed_out, 124, seen::timed_out}}) {
    observer = std::make_shared<recording_observer>();
    const auto given = result(row.how, row.exit_code);
    events(1500ms).finished(given);
    ASSERT_EQ(observer->outcomes.size(), 1u);
    const auto& outcome = observer->outcomes[0];
    EXPECT_EQ(outcome.how, row.expected);
    EXPECT_EQ(outcome.exit_code, row.exit_code);
    EXPECT_EQ(outcome.duration, 12ms);
    EXPECT_EQ(outcome.timeout, 1500ms) << "the limit in force";
    EXPECT_EQ(outcome.out, given.out);
    EXPECT_EQ(outcome.err, given.err);
  }
}

TEST_F(relay, tells_a_lost_command_from_one_of_a_deleted_session) {
  events().finished(result(launched::lost, 0));
  ASSERT_EQ(observer->failure_code(), error_code::session_terminated);
  EXPECT_EQ(observer->failures[0].session, "s1");
  EXPECT_FALSE(observer->failures[0].exit_code) << "nobody knows it";

  observer = std::make_shared<recording_observer>();
  const auto way = events();
  *closed = true;
  way.finished(result(launched::lost, 0));
  EXPECT_EQ(observer->failure_code(), error_code::session_destroyed);
}

TEST_F(relay, needs_no_session) {
  run_command command;
  command.observer = observer_handle(observer);
  relay_to(command, 5s, {}, nullptr, nullptr, 0).finished(result(launched::lost, 0));
  ASSERT_EQ(observer->failure_code(), error_code::command_execution_error) << "no session was lost";
  EXPECT_FALSE(observer->failures[0].detail.empty());
}

TEST_F(relay, keeps_the_problem_of_a_command_that_did_not_start_for_the_log) {
  events().finished(result(launched::not_started, 0));
  ASSERT_EQ(observer->failure_code(), error_code::command_execution_error);
  EXPECT_EQ(observer->failures[0].detail, "no process");
  EXPECT_EQ(observer->failures[0].message.find("no process"), std::string::npos);
  EXPECT_EQ(observer->failures[0].session, "s1");
}

TEST(session_failure, names_the_session_for_every_code) {
  for (auto code = 1; code <= static_cast<int>(last_error_code); ++code) {
    const auto reason = session_failure(static_cast<error_code>(code), "my session");
    EXPECT_EQ(reason.code, static_cast<error_code>(code));
    EXPECT_EQ(reason.session, "my session");
    EXPECT_NE(reason.message.find("'my session'"), std::string::npos);
  }
}

} // namespace
} // namespace sandboxd::actors
