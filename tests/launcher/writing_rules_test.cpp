#include "launcher/writing_rules.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <ostream>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// What Landlock alone keeps processes from, whatever the mounts are like.
namespace sandboxd::launcher {
namespace {

using testing::scratch_directory;

/// Runs `check` in a process of its own, which is kept to rules unless they are null; returns whether it said
/// true.
bool in_a_process(const writing_rules* rules, const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (rules != nullptr) {
      const auto opened = open_writing_rules(*rules);
      if (!opened || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
          keep_to_writing_rules(opened.get()) != 0)
        ::_exit(2);
    }
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_NE(WEXITSTATUS(status), 2) << "the kernel does not take the rules";
  return status == 0;
}

bool opens(const std::string& path, int flags) {
  return descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600)).get() >= 0;
}

struct attack {
  const char* name;
  /// In a directory with a file `file` and a directory `directory`.
  bool (*succeeds)(const std::string& in);
};
std::ostream& operator<<(std::ostream& to, const attack& which) {
  return to << which.name;
}

constexpr attack attacks[] = {
    {"by_a_new_file", [](const std::string& in) { return opens(in + "/new", O_WRONLY | O_CREAT); }},
    {"by_writing_to_a_file", [](const std::string& in) { return opens(in + "/file", O_WRONLY); }},
    {"by_emptying_a_file_that_is_open_to_read",
     [](const std::string& in) { return opens(in + "/file", O_RDONLY | O_TRUNC); }},
    {"by_a_new_directory", [](const std::string& in) { return ::mkdir((in + "/new").c_str(), 0700) == 0; }},
    {"by_a_link", [](const std::string& in) { return ::symlink("/", (in + "/new").c_str()) == 0; }},
    {"by_a_second_name",
     [](const std::string& in) { return ::link((in + "/file").c_str(), (in + "/new").c_str()) == 0; }},
    {"by_a_fifo", [](const std::string& in) { return ::mkfifo((in + "/new").c_str(), 0600) == 0; }},
    {"by_removing_a_file", [](const std::string& in) { return ::unlink((in + "/file").c_str()) == 0; }},
    {"by_removing_a_directory",
     [](const std::string& in) { return ::rmdir((in + "/directory").c_str()) == 0; }},
    {"by_a_new_name",
     [](const std::string& in) { return ::rename((in + "/file").c_str(), (in + "/new").c_str()) == 0; }},
    {"by_a_move",
     [](const std::string& in) {
       return ::rename((in + "/file").c_str(), (in + "/directory/new").c_str()) == 0;
     }},
};

class writing_attack : public ::testing::TestWithParam<attack> {
protected:
  void SetUp() override {
    if (const int problem = writing_rules_problem(); problem != 0)
      GTEST_SKIP() << "not available here: Landlock: " << std::strerror(problem);
    constexpr std::uint64_t truncate = 1ULL << 14; // LANDLOCK_ACCESS_FS_TRUNCATE
    if (GetParam().name == std::string("by_emptying_a_file_that_is_open_to_read") &&
        (make_writing_rules({}, "/", false).handled & truncate) == 0)
      GTEST_SKIP() << "not available here: before Linux 6.2";
  }

  /// In a new directory, in which may be written or not.
  static bool succeeds(bool kept, bool allowed) {
    const scratch_directory directory;
    const scratch_directory other;
    std::ofstream(directory / "file") << "content";
    EXPECT_EQ(::mkdir((directory / "directory").c_str(), 0700), 0);
    const auto rules = make_writing_rules({allowed ? directory.path() : other.path()}, other.path(), false);
    return in_a_process(kept ? &rules : nullptr, [&] { return GetParam().succeeds(directory.path()); });
  }
};

TEST_P(writing_attack, changes_nothing_elsewhere) {
  ASSERT_TRUE(succeeds(false, false)) << "the attack does not work undefended";
  EXPECT_FALSE(succeeds(true, false));
  EXPECT_TRUE(succeeds(true, true)) << "what is allowed";
}
INSTANTIATE_TEST_SUITE_P(by, writing_attack, ::testing::ValuesIn(attacks),
                         [](const auto& info) { return std::string(info.param.name); });

class kept_to_rules : public ::testing::Test {
protected:
  void SetUp() override {
    if (const int problem = writing_rules_problem(); problem != 0)
      GTEST_SKIP() << "not available here: Landlock: " << std::strerror(problem);
  }
  const scratch_directory control_files;
  const writing_rules rules = make_writing_rules({}, control_files.path(), false);
};

TEST_F(kept_to_rules, a_process_opens_what_every_program_does) {
  for (const char* path : {"/dev/null", "/proc/self/comm", "/proc/thread-self/oom_score_adj"})
    EXPECT_TRUE(in_a_process(&rules, [&] { return opens(path, O_WRONLY); })) << path;
  EXPECT_TRUE(in_a_process(&rules, [] {
    return opens("/dev/shm/kept-to-rules", O_WRONLY | O_CREAT) && ::unlink("/dev/shm/kept-to-rules") == 0;
  }));
  EXPECT_TRUE(in_a_process(&rules, [] { return opens("/etc/passwd", O_RDONLY) && opens("/", O_RDONLY); }));
}

TEST_F(kept_to_rules, a_process_makes_no_control_files_but_opens_those_that_are_there) {
  ASSERT_EQ(::mkfifo((control_files / "out").c_str(), 0600), 0);
  EXPECT_TRUE(in_a_process(&rules, [&] { return opens(control_files / "out", O_RDWR | O_CREAT | O_TRUNC); }));
  EXPECT_FALSE(in_a_process(&rules, [&] { return opens(control_files / "new", O_RDWR | O_CREAT); }));
}

TEST_F(kept_to_rules, a_process_signals_whom_it_may_and_traces_its_own_alone) {
  const pid_t outside = ::fork();
  if (outside == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto traces = [](pid_t whom) { return ::ptrace(PTRACE_SEIZE, whom, nullptr, nullptr) == 0; };
  EXPECT_TRUE(in_a_process(nullptr, [&] { return traces(outside); })) << "who is not kept";
  EXPECT_FALSE(in_a_process(&rules, [&] { return traces(outside); }));
  EXPECT_TRUE(in_a_process(&rules, [&] {
    const pid_t own = ::fork();
    if (own == 0) {
      ::pause();
      ::_exit(0);
    }
    const bool traced = traces(own);
    return ::kill(own, SIGKILL) == 0 && traced;
  }));
  EXPECT_TRUE(in_a_process(&rules, [&] { return ::kill(outside, SIGKILL) == 0; }));
  EXPECT_EQ(::waitpid(outside, nullptr, 0), outside);
}

TEST_F(kept_to_rules, paths_that_are_not_there_are_left_out) {
  EXPECT_TRUE(open_writing_rules(make_writing_rules({"/nowhere"}, "/nowhere/else", true)));
}

} // namespace
} // namespace sandboxd::launcher
