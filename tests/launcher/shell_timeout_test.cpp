#include "tests/launcher/shell_world.hpp"

#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

using namespace std::chrono_literals;
using ending = command_result::ending;
using clock = std::chrono::steady_clock;

class shell_timeout : public testing::in_shell {
protected:
  void SetUp() override {
    in_shell::SetUp();
    if (!IsSkipped() && !HasFatalFailure())
      run("unexported=kept; f() { echo \"f $1\"; }; cd /usr; (exec sleep 1000) & background=$!");
  }

  /// A command line that no test beside this one runs: without isolation a session sees theirs.
  static std::string lasting_sleep(const std::string& digit) {
    return "sleep " + std::to_string(::getpid()) + "00" + digit;
  }

  /// Runs a command in a shell that does not read its orders in time, and is called back when it does.
  void run_in_stopped_shell(const shell_command& text) {
    ASSERT_EQ(::kill(shell->ids.on_host, SIGSTOP), 0);
    const auto command = start(text);
    EXPECT_TRUE(wait_until([&] { return command->ended(); }));
    const auto prompts = shell->prompts;
    ASSERT_EQ(::kill(shell->ids.on_host, SIGCONT), 0);
    EXPECT_TRUE(wait_until([&] { return shell->prompts > prompts || shell->ended(); }));
  }

  /// Runs a command over its time and checks that nothing of the shell is lost.
  testing::observed_command_ptr run_too_long(const std::string& text) {
    const auto begin = clock::now();
    const auto command = start({.text = text, .timeout = 300ms});
    EXPECT_TRUE(wait_until([&] { return command->ended(); })) << text;
    const auto answered = clock::now() - begin;
    EXPECT_GE(answered, 300ms) << text;
    EXPECT_LT(answered, 2s) << "answered at once: " << text;
    EXPECT_EQ(command->result().how, ending::timed_out) << text;
    EXPECT_EQ(command->exit_code(), 124) << text;
    const auto prompts = shell->prompts;
    EXPECT_TRUE(wait_until([&] { return shell->prompts > prompts || shell->ended(); })) << text;
    EXPECT_FALSE(shell->ended()) << text;
    EXPECT_EQ(out("f $unexported; pwd; kill -0 $background && echo background lives"),
              "f kept\n/usr\nbackground lives\n")
        << text;
    EXPECT_EQ(testing::processes_below(shell->ids.on_host).size(), 1u) << "only the background job: " << text;
    return command;
  }
};
INSTANTIATE_TEST_SUITE_P(session, shell_timeout, ::testing::Bool(), testing::isolation_name);

TEST_P(shell_timeout, ends_a_sleeping_child) {
  EXPECT_EQ(run_too_long("echo before; sleep 1000; echo after")->out(), "before\n");
}

TEST_P(shell_timeout, ends_a_child_although_the_session_has_unmounted_its_proc) {
  if (!GetParam())
    GTEST_SKIP() << "without isolation /proc is the machine's";
  run("umount --lazy /proc");
  run_too_long(lasting_sleep("7"));
}

TEST_P(shell_timeout, ends_a_loop_of_builtins) {
  run_too_long("while :; do :; done");
}

TEST_P(shell_timeout, ends_a_child_that_ignores_polite_signals) {
  run_too_long("bash -c 'trap \"\" TERM INT HUP; while :; do sleep 1000; done'");
}

TEST_P(shell_timeout, ends_a_loop_that_starts_children_for_ever) {
  run_too_long("while :; do /bin/true; done");
}

TEST_P(shell_timeout, ends_a_pipeline) {
  run_too_long("yes | while read -r line; do :; done");
}

TEST_P(shell_timeout, ends_children_of_the_background_too) {
  run_too_long("sleep 1000 & sleep 1001 & wait");
}

TEST_P(shell_timeout, ends_a_blocked_open) {
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  run_too_long("read line <" + directory / "fifo");
}

TEST_P(shell_timeout, ends_a_flood_nobody_reads) {
  const auto command = start({.text = "yes", .timeout = 300ms, .live = true});
  ASSERT_TRUE(wait_until([&] { return command->ended(); })) << "without any credit";
  EXPECT_EQ(command->result().how, ending::timed_out);
  ASSERT_TRUE(wait_until([&] { return shell->prompts >= 3; }));
  EXPECT_EQ(out("echo next"), "next\n");
}

TEST_P(shell_timeout, ends_commands_with_variables_and_directory_and_takes_them_back) {
  const auto command =
      start({.text = "sleep 1000", .environment = {{"V", "1"}}, .directory = "/", .timeout = 300ms});
  const auto prompts = shell->prompts;
  ASSERT_TRUE(wait_until([&] { return command->ended() && shell->prompts > prompts; }));
  EXPECT_EQ(out("echo ${V-unset} $PWD"), "unset /usr\n");
}

TEST_P(shell_timeout, kills_a_shell_that_does_not_come_back) {
  const auto begin = clock::now();
  const auto command = start({.text = "trap '' INT; kill -STOP $$", .timeout = 200ms});
  ASSERT_TRUE(wait_until([&] { return command->ended() && shell->ended(); }));
  EXPECT_EQ(command->result().how, ending::timed_out);
  EXPECT_EQ(shell->story.back(), "ended 137");
  EXPECT_LT(clock::now() - begin, 10s) << "limit, grace, two seconds of patience";
}

TEST_P(shell_timeout, spares_what_a_background_job_of_before_starts_meanwhile) {
  ASSERT_EQ(::mkfifo((directory / "go").c_str(), 0600), 0);
  const auto loose = lasting_sleep("3");
  run("(read line <" + directory / "go" + "; setsid -f " + loose + ") >/dev/null 2>&1 & job=$!");
  const auto command =
      start({.text = "echo >" + directory / "go" + "; wait $job; sleep 1000", .timeout = 500ms});
  const auto prompts = shell->prompts;
  ASSERT_TRUE(wait_until([&] { return command->ended() && shell->prompts > prompts; }));
  EXPECT_EQ(command->result().how, ending::timed_out);
  EXPECT_EQ(out("pgrep -c -f -x '" + loose + "'"), "1\n");
  run("pkill -f -x '" + loose + "'");
}

TEST_P(shell_timeout, ends_what_the_command_has_cut_loose) {
  run_too_long("setsid -f " + lasting_sleep("0") + " >/dev/null 2>&1; (setsid " + lasting_sleep("1") +
               " &) & sleep 1002");
  EXPECT_EQ(out("pgrep -c -f -x '" + lasting_sleep("[01]") + "' || :"), "0\n");
}

TEST_P(shell_timeout, never_runs_the_command_before_again) {
  run({.text = "count=1", .timeout = 20s}); // has the shell trap the signal
  run("count=$((count + 1))");
  run_in_stopped_shell({.text = "sleep 1000", .timeout = 300ms});
  EXPECT_EQ(out("echo $count"), "2\n");
}

TEST_P(shell_timeout, may_be_over_before_the_command_has_begun) {
  run({.text = "kept=1", .timeout = 20s});
  run_in_stopped_shell({.text = ":", .timeout = 100ms});
  EXPECT_EQ(out("echo $kept"), "1\n");
}

TEST_P(shell_timeout, needs_no_trap_of_the_shell) {
  run_too_long("trap - RTMAX-3; sleep 1000");
  run_too_long("while :; do :; done");
}

TEST_P(shell_timeout, leaves_a_command_in_time_alone) {
  for (int i = 0; i < 20; ++i) {
    const auto command = run({.text = "sleep 0.01; echo $((" + std::to_string(i) + "))", .timeout = 20s});
    EXPECT_EQ(command->result().how, ending::exited);
    EXPECT_EQ(command->out(), std::to_string(i) + "\n");
  }
}

TEST_P(shell_timeout, answers_the_end_of_the_shell_that_comes_first) {
  const auto command = run({.text = "exit 5", .timeout = 20s});
  EXPECT_EQ(command->result().how, ending::shell_ended);
  EXPECT_EQ(command->exit_code(), 5);
}

} // namespace
} // namespace sandboxd::launcher
