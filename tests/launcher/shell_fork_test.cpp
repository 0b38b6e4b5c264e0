#include "tests/launcher/shell_world.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <signal.h>

namespace sandboxd::launcher {
namespace {

using namespace std::chrono_literals;
using ending = command_result::ending;

class shell_fork : public testing::in_shell {};
INSTANTIATE_TEST_SUITE_P(session, shell_fork, ::testing::Bool(), testing::isolation_name);

TEST_P(shell_fork, ends_with_the_exact_status) {
  const std::pair<std::string, int> rows[] = {
      {"true", 0},
      {"", 0},
      {"false", 1},
      {"exit 7", 7},
      {"(exit 8)", 8},
      {"exec bash -c 'exit 9'", 9},
      {"exec /no/such/program", 127},
      {"nosuchprogram", 127},
      {"echo 'open", 2},
      {"echo a |", 2},
      {"if true; then", 2},
      {"kill -9 $BASHPID", 137},
      {"kill -15 $BASHPID", 143},
      {"set -e; false; true", 1},
      {"set -e; false && true", 1},
      {"cat <<E\nx\nE\n(exit 3)", 3},
      {"set -u; echo $nope", 1},
      {"cat", 0},
  };
  for (const auto& [text, code] : rows) {
    const auto command = fork(text);
    ASSERT_TRUE(command->ended()) << text;
    EXPECT_EQ(command->result().how, ending::exited) << text;
    EXPECT_EQ(command->exit_code(), code) << text << "\n" << command->err();
    ASSERT_EQ(out("echo still here"), "still here\n") << text;
  }
}

TEST_P(shell_fork, names_no_file_of_ours_in_messages) {
  for (const auto& command : {run("nosuchprogram"), fork("nosuchprogram"), fork("echo $(nosuchprogram)"),
                              fork("echo )"), run({.text = "nosuchprogram", .environment = {{"V", "1"}}})}) {
    EXPECT_THAT(command->err(), ::testing::MatchesRegex("(/bin/)?bash: (.|\n)*"));
    EXPECT_EQ(command->err().find(directory.path()), std::string::npos) << command->err();
  }
}

TEST_P(shell_fork, inherits_everything_and_changes_nothing) {
  run("cd /usr; variable=v; f() { echo \"f $1\"; }; list=(1 2)");
  const auto command = fork("f x; echo $variable ${#list[@]} $PWD; cd /; variable=w; f() { :; }");
  EXPECT_EQ(command->out(), "f x\nv 2 /usr\n");
  EXPECT_EQ(out("f y; echo $variable $PWD"), "f y\nv /usr\n");
}

TEST_P(shell_fork, runs_beside_later_commands) {
  ASSERT_EQ(::mkfifo((directory / "go").c_str(), 0600), 0);
  std::vector<testing::observed_command_ptr> forks;
  for (int i = 0; i < 5; ++i) {
    const auto prompts = shell->prompts;
    forks.push_back(
        start_fork({"read line <go" + std::to_string(i) + "; echo $line; exit " + std::to_string(i)}));
    ASSERT_EQ(::mkfifo((directory / ("go" + std::to_string(i))).c_str(), 0600), 0);
    ASSERT_TRUE(wait_until([&] { return shell->prompts > prompts; }));
  }
  EXPECT_EQ(out("echo foreground"), "foreground\n");
  for (const auto& item : forks)
    EXPECT_FALSE(item->ended());
  for (int i = 4; i >= 0; --i) {
    const auto& item = forks[static_cast<std::size_t>(i)];
    EXPECT_EQ(out("echo line " + std::to_string(i) + " >go" + std::to_string(i)), "");
    ASSERT_TRUE(wait_until([&] { return item->ended(); }));
    EXPECT_EQ(item->exit_code(), i);
    EXPECT_EQ(item->out(), "line " + std::to_string(i) + "\n");
  }
}

TEST_P(shell_fork, has_a_process_group_of_its_own) {
  for (int i = 0; i < 100; ++i) {
    const auto command = fork("read -r stat </proc/$BASHPID/stat; set -- $stat; echo $BASHPID $5");
    const auto space = command->out().find(' ');
    ASSERT_NE(space, std::string::npos);
    EXPECT_EQ(command->out().substr(0, space) + '\n', command->out().substr(space + 1)) << "round " << i;
  }
}

TEST_P(shell_fork, is_no_job_of_the_shell) {
  const auto prompts = shell->prompts;
  const auto command = start_fork({"sleep 1000"});
  ASSERT_TRUE(wait_until([&] { return shell->prompts > prompts; }));
  EXPECT_EQ(out("jobs | wc -l; wait; echo $!"), "0\n\n");
  EXPECT_FALSE(command->ended());
}

TEST_P(shell_fork, outlives_its_shell) {
  ASSERT_EQ(::mkfifo((directory / "go").c_str(), 0600), 0);
  const auto command = start_fork({"read line <go; echo $line; exit 3"});
  ASSERT_TRUE(wait_until([&] { return shell->prompts == 2 && command->control; }));
  EXPECT_EQ(run("exit 1")->result().how, ending::shell_ended);
  shell->process.reset();
  run_for(50ms);
  EXPECT_FALSE(command->ended());
  { std::ofstream(directory / "go") << "late\n"; }
  ASSERT_TRUE(wait_until([&] { return command->ended(); }));
  EXPECT_EQ(command->exit_code(), 3);
  EXPECT_EQ(command->out(), "late\n");
}

TEST_P(shell_fork, is_lost_with_the_init) {
  const auto command = start_fork({"sleep 1000"});
  ASSERT_TRUE(wait_until([&] { return shell->prompts == 2 && command->control; }));
  init->process->kill();
  ASSERT_TRUE(wait_until([&] { return command->ended(); }));
  EXPECT_EQ(command->result().how, ending::lost);
}

TEST_P(shell_fork, is_terminated_with_all_it_started_when_its_time_is_over) {
  const auto before = testing::processes_below(init->identity->on_host).size();
  const auto begin = std::chrono::steady_clock::now();
  const auto command =
      start_fork({.text = "echo begun; sleep 1000 & (trap '' TERM; exec sleep 1001) & ((sleep 1002) &); wait",
                  .timeout = 300ms});
  ASSERT_TRUE(wait_until([&] { return command->ended(); }));
  EXPECT_EQ(command->result().how, ending::timed_out);
  EXPECT_EQ(command->exit_code(), 124);
  EXPECT_EQ(command->out(), "begun\n");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
  EXPECT_TRUE(wait_until([&] { return testing::processes_below(init->identity->on_host).size() == before; }));
  EXPECT_EQ(out("echo unharmed"), "unharmed\n");
}

TEST_P(shell_fork, that_never_says_that_it_is_there_is_given_up) {
  run("set -T; trap '[[ $BASHPID == $$ ]] || kill -9 $BASHPID' DEBUG");
  const auto command = fork("echo never");
  EXPECT_EQ(command->result().how, ending::not_started);
  EXPECT_EQ(command->result().problem, "the fork did not start in time");
}

TEST_P(shell_fork, that_is_given_up_leaves_no_file) {
  run("set -T; trap '[[ $BASHPID == $$ ]] || kill -9 $BASHPID' DEBUG");
  fork("echo never");
  run("trap - DEBUG");
  EXPECT_TRUE(wait_until([&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path()))
      if (entry.path().filename().string().ends_with("-2") ||
          entry.path().filename().string().ends_with("-3"))
        return false;
    return true;
  }));
}

TEST_P(shell_fork, keeps_what_an_exit_trap_prints) {
  const auto command = fork("trap 'echo bye; echo sorry >&2' EXIT; echo hi; exit 3");
  EXPECT_EQ(command->exit_code(), 3);
  EXPECT_EQ(command->out(), "hi\nbye\n");
  EXPECT_EQ(command->err(), "sorry\n");
}

TEST_P(shell_fork, has_no_descriptor_of_ours) {
  EXPECT_EQ(fork("exec bash -c 'ls /proc/self/fd | wc -l'")->out(), "4\n") << "three and the directory";
}

TEST_P(shell_fork, does_not_run_its_command_when_nobody_releases_it) {
  // The script by itself: the FIFO's other end goes away without a line.
  const shell_script::shell_files files{directory.path(), "token"};
  for (const std::string name : {"go-1", "out-1", "err-1"})
    ASSERT_EQ(::mkfifo(files.path(name).c_str(), 0600), 0);
  std::ofstream(files.path("command-1")) << "echo ran >ran";
  std::ofstream(files.path("fork")) << shell_script::fork_script(files, 1, {}, "");
  descriptor out_reader(::open(files.path("out-1").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  descriptor err_reader(::open(files.path("err-1").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  descriptor go(::open(files.path("go-1").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  const auto program =
      testing::start_program(*init, testing::script("cd " + directory.path() + "; . ./fork"));
  ASSERT_TRUE(wait_until([&] { return program->read(), program->text.find('\n') != std::string::npos; }));
  const auto fork = testing::processes_below(init->identity->on_host);
  // It has the FIFO open once our end is not the only one: then /proc shows it as its standard input.
  go.reset(::open(files.path("go-1").c_str(), O_WRONLY | O_CLOEXEC)); // waits for its reader
  go.reset();
  ASSERT_TRUE(wait_until([&] { return program->read(); })) << "the fork ends";
  EXPECT_FALSE(std::filesystem::exists(directory / "ran"));
}

} // namespace
} // namespace sandboxd::launcher
