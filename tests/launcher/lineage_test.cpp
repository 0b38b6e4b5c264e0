#include "launcher/descriptor.hpp"
#include "launcher/lineage.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

/// A child that waits until it is killed.
pid_t start_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  return child;
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(lineage, numbers_of_two_sessions_differ_and_those_of_one_are_recognised) {
  const auto one = new_session_lineage();
  const auto other = new_session_lineage();
  EXPECT_FALSE(same_session(one, other));
  EXPECT_TRUE(same_session(one, one | 0xffffffff));
  EXPECT_FALSE(same_session(one | 0xffffffff, other));
}

TEST(lineage, is_read_as_it_was_set_and_only_by_who_got_it) {
  const pid_t child = start_child();
  EXPECT_FALSE(lineage_of(child)) << "nobody has set it";
  const auto number = new_session_lineage() | 7;
  EXPECT_EQ(set_lineage(child, number), 0);
  EXPECT_EQ(lineage_of(child), number);
  EXPECT_EQ(set_lineage(child, number + 1), 0) << "it may be set again";
  EXPECT_EQ(lineage_of(child), number + 1);
  EXPECT_FALSE(lineage_of(::getpid()));
  end(child);
}

TEST(lineage, is_kept_by_a_zombie_and_lost_with_the_process) {
  const pid_t child = start_child();
  ASSERT_EQ(set_lineage(child, 5), 0);
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(lineage_of(child), 5u);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(lineage_of(child));
  EXPECT_EQ(set_lineage(child, 6), ESRCH);
}

TEST(lineage, passes_to_what_a_process_starts_whatever_that_does_to_get_away) {
  auto pipe = make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    if (set_lineage(0, 9) != 0)
      ::_exit(1);
    const char* script = "setsid bash -c '(setsid sleep 1000 & echo $!) & exit' & wait";
    ::dup2(pipe.second.get(), STDOUT_FILENO);
    ::execl("/bin/bash", "bash", "-c", script, nullptr);
    ::_exit(127);
  }
  char text[32] = {};
  ASSERT_GT(::read(pipe.first.get(), text, sizeof(text) - 1), 0);
  const pid_t orphan = std::stoi(text);
  EXPECT_EQ(lineage_of(orphan), 9u);
  ::kill(orphan, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

} // namespace
} // namespace sandboxd::launcher
