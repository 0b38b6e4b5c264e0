#include "launcher/background_worker.hpp"
#include "tests/launcher/shell_world.hpp"
#include "tests/support/descriptor_shortage.hpp"

#include <gmock/gmock.h>

#include <random>
#include <signal.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

using namespace std::chrono_literals;
using ending = command_result::ending;

class shell_process : public testing::in_shell {};
INSTANTIATE_TEST_SUITE_P(session, shell_process, ::testing::Bool(), testing::isolation_name);

TEST_P(shell_process, tells_once_that_it_runs_and_that_it_takes_a_command) {
  run_for(50ms);
  EXPECT_THAT(shell->story, ::testing::UnorderedElementsAre("started", "prompt"));
  EXPECT_EQ(out("echo $$"), std::to_string(shell->ids.in_session) + "\n");
}

TEST_P(shell_process, answers_with_exact_bytes_of_both_streams) {
  const auto command =
      run("printf 'a\\0b\\377\\n\\n'; printf 'no end' >&2; exit_code() { return 42; }; exit_code");
  EXPECT_EQ(command->result().how, ending::exited);
  EXPECT_EQ(command->exit_code(), 42);
  EXPECT_EQ(command->out(), std::string("a\0b\xff\n\n", 6));
  EXPECT_EQ(command->err(), "no end");
}

TEST_P(shell_process, answers_every_way_a_command_can_fail_and_lives_on) {
  const std::pair<std::string, int> rows[] = {
      {"true", 0},
      {"", 0},
      {"false", 1},
      {"( exit 7 )", 7},
      {"return 8 2>/dev/null", 8},
      {"nosuchprogram", 127},
      {"/", 126},
      {"echo 'never closed", 2},
      {"echo \"never closed", 2},
      {"if true; then", 2},
      {"for x in 1 2; do echo $x", 2},
      {"echo a )", 2},
      {"echo a |", 2},
      {"echo a &&", 2},
      {"echo a ||\n", 2},
      {"f()", 2},
      {"{ echo a", 2},
      {"}", 2},
      {"for ((;;))", 2},
      {"for x in 1 2", 2},
      {"for x", 2},
      {"select x in 1", 2},
      {"function f", 2},
      {"echo a | # x", 2},
      {"done", 2},
      {"bash -c 'kill -9 $$'", 137},
      {"bash -c 'kill -15 $$'", 143},
      {"set -u; echo $not_set; set +u", 1},
      {"echo ${not_set:?is not set}", 1},
      {"readonly fixed=1; fixed=2", 1},
      {"cat", 0},
      {"read line", 1},
      {"echo ${bad substitution}", 1},
      {"break", 0},
      {"exec 2>/dev/null; true", 0},
      {"exec >/dev/null; true", 0},
      {"exec <&-; exec >&-; true", 0},
  };
  for (const auto& [text, code] : rows) {
    const auto command = run(text);
    ASSERT_TRUE(command->ended()) << text;
    ASSERT_EQ(command->result().how, ending::exited) << text;
    EXPECT_EQ(command->exit_code(), code) << text << "\n" << command->err();
    if (code == 2) {
      EXPECT_NE(command->err().find("unexpected"), std::string::npos) << text << "\n" << command->err();
    }
    run("set +u");
    ASSERT_EQ(out("echo still here"), "still here\n") << text;
  }
  EXPECT_FALSE(shell->ended());
}

TEST_P(shell_process, takes_an_unterminated_here_document_as_bash_does) {
  const auto command = run("cat <<END\nline\n");
  EXPECT_EQ(command->out(), "line\n");
  EXPECT_EQ(command->exit_code(), 0);
  EXPECT_NE(command->err().find("here-document"), std::string::npos);
}

TEST_P(shell_process, ends_with_the_command_that_ends_it) {
  const std::pair<std::string, int> rows[] = {
      {"echo bye; exit 7", 7},        {"exec bash -c 'exit 8'", 8},    {"set -e; false; echo unreachable", 1},
      {"kill -KILL $$", 137},         {"kill -TERM $$; sleep 5", 143}, {"exit", 0},
      {"exec /no/such/program", 127}, {"set -e; (exit 9); true", 9},
  };
  for (const auto& [text, code] : rows) {
    shell = start_shell();
    const auto command = run(text);
    ASSERT_TRUE(command->ended()) << text;
    EXPECT_EQ(command->result().how, ending::shell_ended) << text;
    EXPECT_EQ(command->exit_code(), code) << text;
    ASSERT_TRUE(wait_until([&] { return shell->ended(); })) << text;
    EXPECT_EQ(shell->story.back(), "ended " + std::to_string(code)) << text;
    EXPECT_EQ(command->out().find("unreachable"), std::string::npos) << text;
    if (code == 7) {
      EXPECT_EQ(command->out(), "bye\n");
    }
    const auto late = run("echo late");
    EXPECT_EQ(late->result().how, ending::shell_ended) << "a command that comes too late has lost its state";
    EXPECT_EQ(late->exit_code(), code);
    EXPECT_EQ(late->out(), "");
  }
}

TEST_P(shell_process, tolerates_under_errexit_what_bash_tolerates) {
  EXPECT_EQ(run("set -e; echo a")->exit_code(), 0);
  EXPECT_EQ(run("false && true")->exit_code(), 1);
  EXPECT_EQ(run("false || true")->exit_code(), 0);
  EXPECT_EQ(run("if false; then :; fi")->exit_code(), 0);
  EXPECT_EQ(run("! true")->exit_code(), 1);
  EXPECT_FALSE(shell->ended());
  EXPECT_EQ(run("false")->result().how, ending::shell_ended);
}

TEST_P(shell_process, refuses_a_second_command_while_one_runs) {
  const auto first = start({"read -t 0.2 < <(sleep 10); echo first"});
  const auto second = start({"echo second"});
  const auto third = start_fork({"echo third"});
  ASSERT_TRUE(wait_until([&] { return second->ended() && third->ended(); }));
  EXPECT_EQ(second->result().how, ending::not_started);
  EXPECT_EQ(second->result().problem, "the shell is busy");
  EXPECT_EQ(third->result().problem, "the shell is busy");
  EXPECT_EQ(shell->prompts, 1u) << "it is not free because it refused";
  ASSERT_TRUE(wait_until([&] { return shell->prompts == 2; }));
  EXPECT_EQ(first->out(), "first\n");
}

TEST_P(shell_process, keeps_what_an_exit_trap_prints_in_the_streams_of_its_command) {
  for (const bool live : {false, true}) {
    shell = start_shell();
    run("trap 'echo bye; echo sorry >&2' EXIT; set -e");
    const auto command = start({.text = "echo hi; (exit 3)", .live = live});
    ASSERT_TRUE(wait_until([&] { return command->control || command->ended(); }));
    if (live)
      command->control->grant(1000);
    ASSERT_TRUE(wait_until([&] { return command->ended(); }));
    EXPECT_EQ(command->result().how, ending::shell_ended);
    EXPECT_EQ(command->exit_code(), 3);
    EXPECT_EQ(live ? command->live_out : command->out(), "hi\nbye\n");
    EXPECT_EQ(live ? command->live_err : command->err(), "sorry\n");
  }
  EXPECT_EQ(shell->prompts, 2u);
}

TEST_P(shell_process, ends_when_its_reports_get_lost) {
  const auto command = run("builtin() { :; }");
  const auto unheard = command->ended() && shell->ended() ? command : run("echo never");
  EXPECT_EQ(unheard->result().how, ending::shell_ended);
  EXPECT_TRUE(wait_until([&] { return shell->ended(); }));
}

TEST_P(shell_process, ends_when_its_init_was_stopped) {
  if (GetParam())
    GTEST_SKIP() << "the init of a namespace cannot be stopped from within";
  const auto command = run("kill -STOP $PPID; exit 3");
  EXPECT_EQ(command->result().how, ending::lost);
  EXPECT_EQ(init->lost.size(), 1u);
}

TEST_P(shell_process, comes_to_an_end_after_a_timeout_although_its_init_was_stopped) {
  if (GetParam())
    GTEST_SKIP() << "the init of a namespace cannot be stopped from within";
  run("kill -STOP $PPID");
  const auto command = start({.text = "while :; do :; done", .timeout = 100ms});
  EXPECT_TRUE(wait_until([&] { return command->ended() && shell->ended(); }));
  EXPECT_EQ(command->result().how, ending::timed_out);
}

TEST_P(shell_process, is_left_alone_while_a_command_takes_its_time) {
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(out("sleep 5; echo slept"), "slept\n");
  EXPECT_EQ(out("(sleep 5; echo line >fifo) & read -r line <fifo; echo $line"), "line\n");
}

/// Whoever looks after the shell cannot look into /proc then.
TEST_P(shell_process, outlives_a_lack_of_descriptors_of_its_server) {
  const auto command = start({"sleep 5; echo slept"});
  ASSERT_TRUE(wait_until([&] { return command->control.has_value(); }));
  {
    const testing::descriptor_shortage shortage;
    EXPECT_TRUE(wait_until([&] { return command->ended(); }));
  }
  EXPECT_EQ(command->result().how, ending::exited);
  EXPECT_EQ(command->out(), "slept\n");
  EXPECT_EQ(out("echo again"), "again\n");
}

TEST_P(shell_process, ends_when_it_floods_the_pipe_of_its_reports) {
  const auto command = start({"yes >/proc/$$/fd/11 2>/dev/null || yes >/proc/$$/fd/10"});
  EXPECT_TRUE(wait_until([&] { return shell->ended(); }));
  EXPECT_EQ(command->result().how, ending::shell_ended);
}

TEST_P(shell_process, keeps_no_output_while_it_is_idle) {
  const auto command = run("echo text");
  const std::weak_ptr<const captured_output> out = command->result().out;
  command->results.clear();
  EXPECT_TRUE(out.expired());
}

TEST_P(shell_process, ends_with_what_it_runs_when_it_is_abandoned) {
  const auto command = start({"sleep 1000"});
  ASSERT_TRUE(wait_until([&] { return testing::processes_below(shell->ids.on_host).size() == 1; }));
  const auto all = testing::processes_below(shell->ids.on_host);
  shell->process->abandon();
  EXPECT_TRUE(wait_until([&] { return shell->ended() && !testing::any_alive(all); }));
}

TEST_P(shell_process, keeps_its_state_over_1000_commands) {
  run("cd /usr; variable='a b'; export exported=1; list=(1 2 3); declare -A map=([k]=v); f() { echo \"f "
      "$1\"; }; "
      "set -o pipefail; shopt -s extglob; umask 027; alias ll=ls; trap 'echo usr1' USR1; counter=0");
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(run("counter=$((counter + 1))")->exit_code(), 0);
  EXPECT_EQ(
      out("pwd; echo $variable $counter ${#list[@]} ${map[k]}; f x; shopt -q extglob && set -o | grep "
          "pipefail; "
          "umask; alias ll; bash -c 'echo $exported'; trap -p USR1"),
      "/usr\na b 1000 3 v\nf x\npipefail       \ton\n0027\nalias ll='ls'\n1\ntrap -- 'echo usr1' SIGUSR1\n");
}

TEST_P(shell_process, keeps_its_names_out_of_the_users_way) {
  EXPECT_EQ(out("set | grep -c '^__sandboxd' || true"), "2\n") << "the command's text and its status";
  EXPECT_EQ(out("env | grep -c __sandboxd || true"), "0\n");
}

TEST_P(shell_process, is_not_fooled_by_what_traps_and_prompts_print) {
  run("trap 'echo 0123456789abcdefD2:0; printf partial' DEBUG; PROMPT_COMMAND='printf prompt'");
  for (int i = 0; i < 20; ++i) {
    const auto command = run("(exit " + std::to_string(i) + ")");
    ASSERT_EQ(command->exit_code(), i);
  }
  run("trap - DEBUG; unset PROMPT_COMMAND");
  EXPECT_EQ(out("echo whole"), "whole\n");
}

TEST_P(shell_process, answers_whatever_separates_fields) {
  run("IFS=0");
  EXPECT_EQ(run("(exit 10)")->exit_code(), 10);
  EXPECT_EQ(run({.text = "(exit 20)", .environment = {{"X", "1"}}})->exit_code(), 20);
  EXPECT_EQ(fork("(exit 30)")->exit_code(), 30);
}

TEST_P(shell_process, is_not_logged_out_while_idle) {
  run("TMOUT=1");
  run_for(1500ms);
  EXPECT_FALSE(shell->ended());
}

TEST_P(shell_process, takes_a_command_of_a_megabyte) {
  const std::string word(1 << 20, 'w');
  EXPECT_EQ(out("echo " + word), word + "\n");
  EXPECT_EQ(out("echo " + std::string(600, '\'')), "\n") << "a pair of quotes each";
}

TEST_P(shell_process, hands_every_text_over_unchanged) {
  std::mt19937 random{11};
  for (int round = 0; round < 150; ++round) {
    std::string text(random() % 1200, ' ');
    for (char& c : text)
      c = static_cast<char>(1 + random() % 255);
    ASSERT_EQ(out("printf %s " + shell_script::quote(text)), text) << "round " << round;
  }
}

TEST_P(shell_process, spills_large_output_and_keeps_all_of_it) {
  auto given = options();
  given.limits = [this] { return command_limits{{1000, 64u << 20, directory.path(), nullptr}, 300ms}; };
  shell = start_shell(given);
  const auto command = run("head -c 10000000 /dev/zero; head -c 5000 /dev/zero >&2");
  EXPECT_EQ(command->result().out->size(), 10000000u);
  EXPECT_EQ(command->result().out->memory().size(), 1000u);
  EXPECT_EQ(command->result().err->size(), 5000u);
}

TEST_P(shell_process, follows_limits_that_change) {
  auto given = options();
  const auto memory = std::make_shared<std::uint64_t>(1000);
  given.limits = [this, memory] {
    return command_limits{{*memory, 64u << 20, directory.path(), nullptr}, 300ms};
  };
  shell = start_shell(given);
  EXPECT_EQ(run("head -c 5000 /dev/zero")->result().out->memory().size(), 1000u);
  *memory = 2000;
  EXPECT_EQ(run("head -c 5000 /dev/zero")->result().out->memory().size(), 2000u);
}

TEST_P(shell_process, lets_no_flood_on_one_stream_starve_the_other) {
  const auto command = start({.text = "yes & sleep 0.2; echo told >&2; wait", .live = true});
  ASSERT_TRUE(wait_until([&] { return command->control.has_value(); }));
  EXPECT_TRUE(wait_until([&] {
    command->control->grant(1000);
    return command->live_err == "told\n";
  }));
  command->control->detach();
  shell->process->abandon();
  EXPECT_TRUE(wait_until([&] { return command->ended(); }));
}

TEST_P(shell_process, never_mixes_a_late_background_writer_into_a_later_command) {
  const auto first =
      run("(while sleep 0.01; do echo background || exit; echo alive >>alive; done) & echo first");
  EXPECT_EQ(first->out(), "first\n");
  for (int i = 0; i < 30; ++i)
    ASSERT_EQ(out("sleep 0.01; echo mine"), "mine\n");
  EXPECT_EQ(out("jobs -rp | wc -l"), "1\n") << "the writer got no SIGPIPE";
  EXPECT_GT(std::stoi(out("wc -l <alive; kill %1 || true")), 5);
}

TEST_P(shell_process, does_not_wait_for_background_jobs) {
  EXPECT_EQ(out("sleep 1000 & echo done"), "done\n");
  EXPECT_EQ(out("jobs -p | wc -l"), "1\n");
}

TEST_P(shell_process, passes_live_output_on_as_credit_allows) {
  const auto command = start({.text = "head -c 300000 /dev/zero; echo done >&2", .live = true});
  ASSERT_TRUE(wait_until([&] { return command->control.has_value(); }));
  run_for(100ms);
  EXPECT_EQ(command->live_out.size() + command->live_err.size(), 0u);
  command->control->grant(1000);
  ASSERT_TRUE(wait_until([&] { return command->live_out.size() == 1000; }));
  run_for(50ms);
  EXPECT_EQ(command->live_out.size(), 1000u);
  EXPECT_FALSE(command->ended()) << "the writer waits";
  command->control->grant(1 << 20);
  ASSERT_TRUE(wait_until([&] { return command->ended(); }));
  EXPECT_EQ(command->live_out.size(), 300000u);
  EXPECT_EQ(command->live_err, "done\n");
  EXPECT_EQ(command->exit_code(), 0);
}

TEST_P(shell_process, goes_on_when_the_listener_leaves) {
  const auto command =
      start({.text = "head -c 300000 /dev/zero; exit_code() { return 5; }; exit_code", .live = true});
  ASSERT_TRUE(wait_until([&] { return command->control.has_value(); }));
  command->control->detach();
  ASSERT_TRUE(wait_until([&] { return command->ended(); }));
  EXPECT_EQ(command->exit_code(), 5);
  EXPECT_EQ(command->live_out, "");
  EXPECT_EQ(out("echo next"), "next\n");
}

TEST_P(shell_process, a_stale_control_steers_no_later_command) {
  const auto first = start({.text = "echo first", .live = true});
  ASSERT_TRUE(wait_until([&] { return first->control.has_value(); }));
  first->control->grant(1000);
  ASSERT_TRUE(wait_until([&] { return first->ended(); }));
  const auto second = start({.text = "echo second", .live = true});
  first->control->grant(1000);
  first->control->detach();
  run_for(100ms);
  EXPECT_EQ(second->live_out, "");
  second->control->grant(1000);
  ASSERT_TRUE(wait_until([&] { return second->ended(); }));
  EXPECT_EQ(second->live_out, "second\n");
}

TEST_P(shell_process, tells_its_end_with_its_init) {
  const auto command = start({"sleep 1000"});
  ASSERT_TRUE(wait_until([&] { return testing::processes_below(shell->ids.on_host).size() == 1; }));
  init->process->kill();
  ASSERT_TRUE(wait_until([&] { return command->ended() && shell->ended(); }));
  EXPECT_EQ(command->result().how, ending::lost);
  EXPECT_EQ(shell->story.back(), "ended: ");
}

TEST_P(shell_process, ends_when_killed_at_its_prompt) {
  ASSERT_EQ(::kill(shell->ids.on_host, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return shell->ended(); }));
  EXPECT_EQ(shell->story.back(), "ended 137");
}

TEST_P(shell_process, gives_no_output_of_another_command_when_it_dies_before_the_command_began) {
  run("echo old output");
  const auto process = *read_process(shell->ids.on_host);
  ASSERT_EQ(::kill(process.pid, SIGKILL), 0);
  while (testing::is_alive(process)) // without serving the I/O context: nobody is told yet
    ::usleep(1000);
  const auto command = start({.text = "echo new output", .timeout = 10s});
  ASSERT_TRUE(wait_until([&] { return command->ended() && shell->ended(); }));
  EXPECT_EQ(command->result().how, ending::shell_ended);
  EXPECT_EQ(command->exit_code(), 137);
  ASSERT_TRUE(command->result().out);
  ASSERT_TRUE(command->result().err);
  EXPECT_EQ(command->out(), "");
}

TEST_P(shell_process, cannot_start_without_its_executable) {
  auto given = options();
  given.executable = directory / "missing";
  shell = start_shell(given);
  EXPECT_EQ(shell->story, std::vector<std::string>{"ended: No such file or directory"});
}

TEST_P(shell_process, cannot_start_where_its_files_cannot_be) {
  auto given = options();
  given.control_directory = "/proc/no-directory";
  shell = start_shell(given);
  ASSERT_TRUE(shell->ended());
  EXPECT_EQ(shell->story.size(), 1u);
}

class shell_files : public testing::in_shell {
protected:
  [[nodiscard]] bool leaves_nothing() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      if (entry.path().filename().string().starts_with("control"))
        return false;
    return true;
  }
  [[nodiscard]] std::string files() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path()))
      if (entry.path().filename() == "start")
        return entry.path().parent_path();
    return "";
  }
  static long descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  }
};
INSTANTIATE_TEST_SUITE_P(session, shell_files, ::testing::Bool(), testing::isolation_name);

TEST_P(shell_files, are_private_and_go_with_the_shell) {
  ASSERT_NE(files(), "");
  EXPECT_EQ(std::filesystem::status(files()).permissions(), std::filesystem::perms::owner_all);
  run("echo a");
  fork("echo b");
  run("exit 3");
  shell.reset();
  EXPECT_TRUE(wait_until([&] { return leaves_nothing(); }));
}

TEST_P(shell_files, leave_no_descriptor_behind) {
  shell.reset();
  ASSERT_TRUE(wait_until([&] { return leaves_nothing(); }));
  const auto before = descriptors();
  for (int i = 0; i < 3; ++i) {
    shell = start_shell();
    run("echo a; echo b >&2");
    run("sleep 0.01 & echo c");
    fork("echo d");
    run("exit 3");
    shell.reset();
  }
  EXPECT_TRUE(wait_until([&] { return descriptors() == before; }))
      << descriptors() << " instead of " << before;
}

TEST_P(shell_files, are_made_again_when_a_command_removes_them) {
  EXPECT_EQ(out("rm -rf " + files() + "; echo removed"), "removed\n");
  EXPECT_EQ(out("echo short"), "short\n");
  EXPECT_EQ(run({.text = "echo $X", .environment = {{"X", "with"}}})->out(), "with\n");
  EXPECT_EQ(out("echo " + std::string(2000, 'l')), std::string(2000, 'l') + "\n");
}

TEST_P(shell_files, are_made_again_when_somebody_removes_them_between_commands) {
  run("echo before");
  std::filesystem::remove_all(files());
  EXPECT_EQ(out("echo short"), "short\n");
  std::filesystem::remove_all(files());
  EXPECT_EQ(out("echo " + std::string(2000, 'l')), std::string(2000, 'l') + "\n");
  for (const auto& entry : std::filesystem::directory_iterator(files()))
    std::filesystem::remove_all(entry.path());
}

TEST_P(shell_files, are_made_in_place_of_what_a_command_has_put_there) {
  run("rm -f " + files() + "/command; mkfifo " + files() + "/command; mkfifo " + files() + "/with");
  EXPECT_EQ(out("echo " + std::string(2000, 'l')), std::string(2000, 'l') + "\n");
  EXPECT_EQ(run({.text = "echo $X", .environment = {{"X", "1"}}})->out(), "1\n");
  run("rm " + files() + "/command; ln -s " + directory / "target" + " " + files() + "/command");
  EXPECT_EQ(out("echo " + std::string(2000, 'l')), std::string(2000, 'l') + "\n");
  EXPECT_FALSE(std::filesystem::exists(directory / "target"));
}

TEST_P(shell_files, of_others_are_removed_in_the_background) {
  auto given = options();
  given.background = std::make_shared<background_worker>();
  shell = start_shell(given);
  run("for d in " + directory / "control-*" + "; do mkdir $d/more; touch $d/more/file; done");
  shell.reset();
  EXPECT_TRUE(wait_until([&] { return leaves_nothing(); }));
}

TEST_P(shell_files, are_not_taken_from_the_next_shell_by_the_last_fork_of_this_one) {
  ASSERT_EQ(::mkfifo((directory / "go").c_str(), 0600), 0);
  const auto late = start_fork({"echo ready >ready; read line <go; exit 6"});
  ASSERT_TRUE(
      wait_until([&] { return shell->prompts == 2 && std::filesystem::exists(directory / "ready"); }));
  EXPECT_EQ(run("exit 3")->result().how, ending::shell_ended);

  shell = start_shell();
  // Its restoring script must still be there at its end, although the fork's shell goes meanwhile.
  const auto command = run({.text = "echo >go; sleep 0.3; echo $X", .environment = {{"X", "changed"}}});
  EXPECT_EQ(command->out(), "changed\n");
  EXPECT_TRUE(late->ended());
  EXPECT_EQ(late->exit_code(), 6);
  EXPECT_EQ(out("echo ${X-restored}"), "restored\n");
}

} // namespace
} // namespace sandboxd::launcher
