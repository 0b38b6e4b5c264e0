#include "tests/process/daemon_fixture.hpp"

#include <ostream>
#include <signal.h>
#include <string>

/// Commands that end the session's own shell, and what comes after (HTTP.md 4.3, 4.4).
namespace sandboxd::testing {
namespace {

struct shell_end {
  const char* name;
  const char* command; ///< prints "before" first
  int exit_code;       ///< 128 + signal number where a signal ends it
};
std::ostream& operator<<(std::ostream& to, const shell_end& what) {
  return to << what.command;
}

constexpr shell_end ends[] = {
    {"exit", "echo before; exit 7; echo after", 7},
    {"exit_with_the_last_status", "echo before; false; exit", 1},
    {"exit_in_a_function", "leave() { exit 8; }; echo before; leave; echo after", 8},
    {"exec", "echo before; exec sh -c 'exit 9'; echo after", 9},
    {"errexit", "echo before; set -e; (exit 3); echo after", 3},
    {"errexit_in_a_function", "f() { false; }; echo before; set -e; f; echo after", 1},
    {"term", "echo before; kill $$; sleep 1; echo after", 128 + SIGTERM},
    {"kill", "echo before; kill -9 $$; sleep 1; echo after", 128 + SIGKILL},
    {"kill_from_a_child", "echo before; sh -c 'kill -9 $PPID'; sleep 1; echo after", 128 + SIGKILL},
};

class shell_ended : public daemon_test, public ::testing::WithParamInterface<shell_end> {
protected:
  /// A session that had a state to lose, with options to keep or to lose.
  void prepare(sdk_client& sdk) {
    ASSERT_EQ(sdk.create("s", {{"env", {{"GIVEN", "at creation"}}}, {"cwd", "/usr"}}).status, 200);
    sdk.output("s", "mine=1; f() { :; }; cd /var");
  }
};
INSTANTIATE_TEST_SUITE_P(by, shell_ended, ::testing::ValuesIn(ends), name_of_case());

TEST_P(shell_ended, is_a_result_in_dialect_a_and_the_next_shell_starts_as_the_session_was_created) {
  prepare(a);
  const auto answered = a.execute("s", GetParam().command);
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("exitCode"), GetParam().exit_code);
  EXPECT_EQ(answered.body.at("success"), GetParam().exit_code == 0);
  EXPECT_EQ(answered.body.at("stdout"), "before\n");
  EXPECT_EQ(a.output("s", "echo \"[${mine-}] $GIVEN $PWD\"; type f 2>/dev/null || echo no f"),
            "[] at creation /usr\nno f\n");
}

TEST_P(shell_ended, is_session_terminated_in_dialect_b_and_the_next_shell_is_fresh) {
  prepare(b);
  const auto answered = b.execute("s", GetParam().command);
  const std::string code = std::to_string(GetParam().exit_code);
  EXPECT_EQ(answered.status, 410);
  EXPECT_EQ(answered.body.at("code"), "SESSION_TERMINATED");
  EXPECT_EQ(answered.body.at("message"), "Session 's' shell exited (exit code: " + code + ")");
  EXPECT_EQ(answered.body.at("context"), json({{"sessionId", "s"}, {"exitCode", GetParam().exit_code}}));
  EXPECT_EQ(b.output("s", "echo \"[${mine-}] [${GIVEN-}] $PWD\""), "[] [] " + daemon.workspace().string());
}

class ending_shell : public each_generation {
protected:
  void expect_ended(const json_answer& answered, int exit_code) {
    if (GetParam() == generation::a) {
      EXPECT_EQ(answered.status, 200);
      EXPECT_EQ(answered.body.at("exitCode"), exit_code);
    } else {
      EXPECT_EQ(answered.status, 410);
      EXPECT_EQ(answered.body.at("code"), "SESSION_TERMINATED");
      EXPECT_EQ(answered.body.at("context").at("exitCode"), exit_code);
    }
  }
};
FOR_EACH_GENERATION(ending_shell);

TEST_P(ending_shell, exit_zero_is_an_end_too) {
  expect_ended(sdk().execute("s", "exit"), 0);
  expect_ended(sdk().execute("s", "exit 0"), 0);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(ending_shell, exit_in_a_subshell_is_no_end) {
  run("kept=1");
  EXPECT_EQ(sdk().execute("s", "(exit 7)").body.at("exitCode"), 7);
  EXPECT_EQ(run("echo $kept"), shown("1\n"));
}

TEST_P(ending_shell, an_exec_that_only_redirects_is_no_end) {
  EXPECT_EQ(run("kept=1; exec 7> file; echo text >&7; exec 7>&-; cat file"), shown("text\n"));
  EXPECT_EQ(run("exec > /dev/null; echo hidden"), "");
  EXPECT_EQ(run("echo $kept"), shown("1\n"));
}

TEST_P(ending_shell, errexit_persists_and_spares_conditions) {
  const auto shell = run("set -e; echo $$");
  EXPECT_EQ(sdk().execute("s", "[ -f no-such-file ] && echo there").body.at("exitCode"), 1);
  EXPECT_EQ(run("if false; then :; fi; false || true; ! true; echo fine"), shown("fine\n"));
  EXPECT_EQ(run("echo $$"), shell);
  expect_ended(sdk().execute("s", "false"), 1);
  EXPECT_EQ(run("false; echo $-"), run("echo $-"));
}

TEST_P(ending_shell, errexit_in_a_subshell_ends_only_that) {
  const auto shell = run("echo $$");
  EXPECT_EQ(sdk().execute("s", "(set -e; false; echo never)").body.at("exitCode"), 1);
  EXPECT_EQ(run("echo $$"), shell);
}

TEST_P(ending_shell, an_exit_trap_prints_into_the_output_of_the_command_that_ends_it) {
  run("trap 'echo bye; echo sorry >&2' EXIT; set -e");
  const auto answered = sdk().execute("s", "echo hi; (exit 3)");
  expect_ended(answered, 3);
  if (GetParam() == generation::a) {
    EXPECT_EQ(answered.body.at("stdout"), "hi\nbye\n");
    EXPECT_EQ(answered.body.at("stderr"), "sorry\n");
  }
}

TEST_P(ending_shell, one_that_cannot_report_any_more_is_answered_and_replaced) {
  expect_ended(sdk().execute("s", "builtin() { :; }"), 128 + SIGKILL);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(ending_shell, one_that_is_killed_just_before_a_command_is_told_once) {
  daemon.kill_process_of(daemon.tree_of("s") + "/shell");
  const auto answered = sdk().execute("s", "echo first"); // before or after the daemon has noticed
  if (GetParam() == generation::a)
    EXPECT_EQ(answered.status, 200) << answered.body;
  else
    expect_ended(answered, 128 + SIGKILL);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(ending_shell, killed_from_outside_while_it_runs_a_command) {
  sdk().begin("s", "touch running; sleep 4711");
  ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "running"); }));
  daemon.kill_process_of(daemon.tree_of("s") + "/shell");
  expect_ended(sdk().answer(), 128 + SIGKILL);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(ending_shell, killed_from_outside_while_it_is_idle) {
  const auto old = daemon.kill_process_of(daemon.tree_of("s") + "/shell");
  ASSERT_TRUE(eventually([&] {
    const auto now = daemon.process_of(daemon.tree_of("s") + "/shell");
    return now != 0 && now != old;
  }));
  if (GetParam() == generation::b) // its client must learn that the state is lost
    expect_ended(sdk().execute("s", "echo never"), 128 + SIGKILL);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(ending_shell, commands_that_wait_run_in_the_next_shell) {
  sdk_client second(daemon.port(), GetParam());
  sdk().begin("s", "touch running; until [ -e go ]; do sleep 0.01; done; exit 5");
  ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "running"); }));
  second.begin("s", "echo \"second [${mine-}]\"");
  const auto session = daemon.actors().record(daemon.tree_of("s") + "/session");
  ASSERT_TRUE(eventually([&] { return session->status().ends_with(", 1 waiting"); }));
  sdk_client third(daemon.port(), generation::b);
  third.output("other", "touch go");
  expect_ended(sdk().answer(), 5);
  EXPECT_EQ(second.answer().body.at("stdout"), shown("second []\n"));
}

TEST_P(ending_shell, an_end_is_no_fault_of_the_sessions_other_processes) {
  run("sleep 4711 &");
  expect_ended(sdk().execute("s", "exit 1"), 1);
  EXPECT_EQ(run("echo next"), shown("next\n"));
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").size() == 1; })); // as with any shell
  ASSERT_EQ(b.remove("s").status, 200);
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").empty(); }));
}

TEST_P(ending_shell, thirty_ends_in_a_row_leave_nothing) {
  run("true");
  const auto descriptors = settled(count_descriptors);
  for (int i = 0; i < 30; ++i)
    expect_ended(sdk().execute("s", "exit 1"), 1);
  EXPECT_EQ(run("echo next"), shown("next\n"));
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
  EXPECT_TRUE(eventually([] { return processes_below().size() == 3; })) << "spawner, init and shell";
}

TEST_P(ending_shell, a_stopped_shell_is_replaced_when_its_command_exceeds_its_time) {
  ASSERT_EQ(b.create("stopped").status, 200);
  EXPECT_EQ(b.execute("stopped", "kill -STOP $$", {{"timeoutMs", 200}}).body.at("httpStatus"), 500);
  EXPECT_EQ(b.output("stopped", "echo next"), "next");
}

} // namespace
} // namespace sandboxd::testing
