#include "tests/launcher/process_world.hpp"
#include "tests/support/scratch_directory.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/wait.h>

namespace sandboxd::launcher {
namespace {

using testing::script;

class statuses : public testing::in_session {};
INSTANTIATE_TEST_SUITE_P(session, statuses, ::testing::Bool(), testing::isolation_name);

TEST_P(statuses, are_exact) {
  for (const int code : {0, 1, 3, 127, 255}) {
    const auto program = run(script("exit " + std::to_string(code)));
    ASSERT_EQ(program->ends.size(), 1u);
    ASSERT_TRUE(program->ends[0]);
    EXPECT_TRUE(WIFEXITED(*program->ends[0]));
    EXPECT_EQ(WEXITSTATUS(*program->ends[0]), code);
  }
  for (const int signal : {SIGKILL, SIGTERM, SIGABRT, SIGHUP, SIGPIPE}) {
    const auto program = run(script("ulimit -c 0; kill -" + std::to_string(signal) + " $$"));
    ASSERT_EQ(program->ends.size(), 1u);
    ASSERT_TRUE(program->ends[0]);
    ASSERT_TRUE(WIFSIGNALED(*program->ends[0])) << signal;
    EXPECT_EQ(WTERMSIG(*program->ends[0]), signal);
    EXPECT_FALSE(WCOREDUMP(*program->ends[0]));
  }
}

TEST_P(statuses, of_many_at_once_are_not_mixed_up) {
  std::vector<std::shared_ptr<testing::observed_program>> programs;
  for (int code = 0; code < 40; ++code)
    programs.push_back(testing::start_program(*init, script("exit " + std::to_string(code))));
  ASSERT_TRUE(wait_until([&] {
    return std::all_of(programs.begin(), programs.end(),
                       [](const auto& item) { return !item->ends.empty(); });
  }));
  for (int code = 0; code < 40; ++code)
    EXPECT_EQ(programs[static_cast<std::size_t>(code)]->ends,
              std::vector{std::optional(W_EXITCODE(code, 0))});
}

class starting : public testing::in_session {
protected:
  testing::scratch_directory directory;
};
INSTANTIATE_TEST_SUITE_P(session, starting, ::testing::Bool(), testing::isolation_name);

TEST_P(starting, tells_why_it_was_impossible) {
  std::ofstream(directory / "text") << "no program";
  std::filesystem::permissions(directory / "text", std::filesystem::perms::owner_read);
  const std::pair<program, int> rows[] = {{{{directory / "missing"}, {}, "/"}, ENOENT},
                                          {{{directory / "text"}, {}, "/"}, EACCES},
                                          {{{directory.path()}, {}, "/"}, EACCES},
                                          {{{}, {}, "/"}, EINVAL}};
  for (const auto& [what, error] : rows) {
    const auto program = run(what);
    EXPECT_EQ(program->start_error, error) << ::testing::PrintToString(what.argv);
    EXPECT_TRUE(program->ends.empty());
  }
  EXPECT_EQ(run(script("echo alive"))->text, "alive\n");
}

TEST_P(starting, gives_exactly_the_environment) {
  const auto program = run({{"/usr/bin/env"}, {"A=1", "B=two words", "EMPTY="}, "/"});
  EXPECT_EQ(program->text, "A=1\nB=two words\nEMPTY=\n");
  EXPECT_EQ(run({{"/usr/bin/env"}, {}, "/"})->text, "");
}

TEST_P(starting, falls_back_from_the_directory_to_home_to_the_root) {
  const program pwd{{"/bin/pwd"}, {}, directory.path()};
  EXPECT_EQ(run(pwd)->text, directory.path() + '\n');
  EXPECT_EQ(run({{"/bin/pwd"}, {"HOME=" + directory.path()}, directory / "missing"})->text,
            directory.path() + '\n');
  EXPECT_EQ(run({{"/bin/pwd"}, {"HOME=" + directory / "no"}, directory / "missing"})->text, "/\n");
  EXPECT_EQ(run({{"/bin/pwd"}, {}, directory / "missing"})->text, "/\n");
}

TEST_P(starting, fails_where_the_directory_must_be_entered_and_cannot) {
  EXPECT_EQ(run({{"/bin/pwd"}, {"HOME=/usr"}, directory / "missing", true})->start_error, cannot_enter);
  EXPECT_EQ(run({{"/bin/pwd"}, {"HOME=/usr"}, directory.path(), true})->text, directory.path() + '\n');
}

TEST_P(starting, leaves_no_descriptor_open_but_the_standard_streams) {
  const auto program =
      run(script("for ((n = 0; n < 1024; n++)); do [[ -e /proc/$$/fd/$n ]] && echo -n \"$n \"; done; true"));
  EXPECT_EQ(program->text, "0 1 2 ");
}

TEST_P(starting, resets_signals) {
  const auto text = run({{"/bin/cat", "/proc/self/status"}, {}, "/"})->text;
  // Signals 32 and 33 belong to the C library, which does not let anybody touch them (signal(7)).
  constexpr std::uint64_t ours = ~(3ull << 31);
  for (const std::string field : {"SigBlk:", "SigIgn:"}) {
    const auto begin = text.find(field);
    ASSERT_NE(begin, std::string::npos) << text;
    EXPECT_EQ(std::stoull(text.substr(begin + field.size()), nullptr, 16) & ours, 0u) << field;
  }
}

TEST_P(starting, tells_both_names_of_the_process) {
  const auto program = start_until(script("echo $$; echo ready; read -t 100 < <(sleep 100)"), "ready");
  ASSERT_TRUE(program->ids);
  EXPECT_EQ(program->text, std::to_string(program->ids->in_session) + "\nready\n");
  const auto seen = read_process(program->ids->on_host);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->parent, init->identity->on_host);
  EXPECT_EQ(seen->group, program->ids->on_host) << "a process group of its own";
  EXPECT_EQ(program->ids->in_session == program->ids->on_host, !GetParam());
}

TEST_P(starting, shows_an_isolated_session_its_own_processes_only) {
  if (!GetParam())
    GTEST_SKIP() << "this one shares /proc";
  const auto program = run(script("echo /proc/[0-9]*; echo $$"));
  EXPECT_EQ(program->text, "/proc/1 /proc/2\n2\n");
}

class marked : public testing::in_session {
protected:
  testing::scratch_directory directory;
};
INSTANTIATE_TEST_SUITE_P(session, marked, ::testing::Bool(), testing::isolation_name);

TEST_P(marked, what_a_killed_program_started_since_its_mark_ends_with_it_and_nothing_else) {
  const auto go = directory / "go";
  ASSERT_EQ(::mkfifo(go.c_str(), 0600), 0);
  const auto program = start_until(script("(sleep 1000; :) & echo ready; read -r _ <" + go +
                                          "; (setsid sleep 1001 &) & sleep 1002 & echo more; wait"),
                                   "ready");
  std::vector<process_entry> before;
  ASSERT_TRUE(wait_until([&] {
    before = testing::processes_below(program->ids->on_host);
    return before.size() == 2;
  }));
  init->process->mark(program->id);
  std::ofstream(go) << "\n";
  std::vector<process_entry> after;
  ASSERT_TRUE(wait_until([&] {
    after.clear();
    for (const auto& entry : testing::processes_below(init->identity->on_host))
      if (testing::command_name(entry.pid) == "sleep" &&
          std::none_of(before.begin(), before.end(), [&](const auto& old) { return old.pid == entry.pid; }))
        after.push_back(entry);
    return after.size() == 2;
  }));
  ASSERT_EQ(::kill(program->ids->on_host, SIGKILL), 0);
  EXPECT_TRUE(wait_until([&] { return !program->ends.empty() && !testing::any_alive(after); }));
  EXPECT_TRUE(std::all_of(before.begin(), before.end(), testing::is_alive));
}

class adopting : public testing::in_session {
protected:
  testing::scratch_directory directory;

  /// Starts a program that leaves a fork behind: it prints its pid and then waits to be released.
  pid_t leave_fork(const std::string& then) {
    const auto go = directory / "go";
    EXPECT_EQ(::mkfifo(go.c_str(), 0600), 0);
    parent = start_until(script("( ( echo $BASHPID; echo ready; read -r go <" + go + "; " + then + ") & )"),
                         "ready");
    EXPECT_TRUE(wait_until([&] { return !parent->ends.empty(); }));
    return static_cast<pid_t>(std::stoi(parent->text));
  }

  void adopt(pid_t pid) {
    fork->id = init->process->adopt(pid, fork->events(fork));
    ASSERT_TRUE(wait_until([&] { return fork->ids.has_value(); }));
  }

  void release() { std::ofstream(directory / "go") << "\n"; }

  std::shared_ptr<testing::observed_program> parent;
  std::shared_ptr<testing::observed_program> fork = std::make_shared<testing::observed_program>();
};
INSTANTIATE_TEST_SUITE_P(session, adopting, ::testing::Bool(), testing::isolation_name);

TEST_P(adopting, tells_how_a_fork_ends) {
  adopt(leave_fork("exit 5"));
  EXPECT_EQ(fork->start_error, 0);
  EXPECT_TRUE(fork->ends.empty());
  release();
  ASSERT_TRUE(wait_until([&] { return !fork->ends.empty(); }));
  EXPECT_EQ(fork->ends, std::vector{std::optional(W_EXITCODE(5, 0))});
}

TEST_P(adopting, gives_the_fork_a_process_group) {
  const pid_t pid = leave_fork("exit 5");
  adopt(pid);
  const auto text = run(script("cat /proc/" + std::to_string(pid) + "/stat"))->text;
  const auto entry = parse_stat(text);
  ASSERT_TRUE(entry) << text;
  EXPECT_EQ(entry->group, pid);
}

TEST_P(adopting, fails_for_a_process_that_is_gone) {
  const pid_t pid = leave_fork("exit 5");
  const auto below = testing::processes_below(init->identity->on_host);
  release();
  ASSERT_TRUE(wait_until([&] { return !testing::any_alive(below); }));
  run(script("true")); // the init has reaped it by now
  adopt(pid);
  EXPECT_EQ(fork->start_error, ESRCH);
  run_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(fork->ends.empty());
}

TEST_P(adopting, terminate_ends_the_fork_and_all_it_started_and_nothing_else) {
  adopt(leave_fork("sleep 1000 & (trap '' TERM; (exec sleep 1001) & wait) & ( (sleep 1002 &) ); "
                   "echo started; wait; exit 5"));
  const auto other = start_until(script("echo other; exec sleep 1003"), "other");
  const auto before = testing::processes_below(init->identity->on_host);
  release();
  ASSERT_TRUE(wait_until([&] { return parent->read(), parent->text.find("started") != std::string::npos; }));
  std::vector<process_entry> started;
  for (const auto& entry : testing::processes_below(init->identity->on_host))
    if (entry.pid != other->ids->on_host)
      started.push_back(entry);
  EXPECT_GE(started.size(), 4u);

  init->process->terminate(fork->id, std::chrono::milliseconds(100));
  ASSERT_TRUE(wait_until([&] { return !fork->ends.empty() && !testing::any_alive(started); }));
  EXPECT_EQ(fork->ends, std::vector{std::optional(SIGTERM)});
  EXPECT_TRUE(testing::is_alive(*read_process(other->ids->on_host)));
  EXPECT_TRUE(other->ends.empty());
  EXPECT_TRUE(init->lost.empty());
}

/// Any command can name any process to the daemon as the fork it waits for.
TEST_P(adopting, fails_for_who_is_no_orphan_of_the_session_and_ends_none_of_them) {
  parent = start_until(script("echo ready; read -t 1000 < <(sleep 1000)"), "ready");
  const pid_t outside = ::fork();
  if (outside == 0) {
    ::pause();
    ::_exit(0);
  }
  const pid_t own_init = GetParam() ? 1 : init->identity->on_host;
  for (const pid_t pid : {outside, own_init, parent->ids->in_session, 0, -1}) {
    fork = std::make_shared<testing::observed_program>();
    adopt(pid);
    EXPECT_EQ(fork->start_error, ESRCH) << pid;
    init->process->terminate(fork->id, std::chrono::milliseconds(0));
  }
  run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(::waitpid(outside, nullptr, WNOHANG), 0) << "it lives";
  EXPECT_FALSE(lineage_of(outside));
  EXPECT_TRUE(parent->ends.empty());
  EXPECT_TRUE(init->lost.empty());
  ::kill(outside, SIGKILL);
  ::waitpid(outside, nullptr, 0);
}

} // namespace
} // namespace sandboxd::launcher
