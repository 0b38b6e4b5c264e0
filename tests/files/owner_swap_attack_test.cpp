#include "files/file_changes.hpp"
#include "files/file_writer.hpp"
#include "tests/files/sandbox_files.hpp"

#include <cstdio>
#include <ostream>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

/// Who may write in a directory, against a file of root's in it: it takes the place of a new file that is
/// about to get the attacker for its owner, as what was written or moved had.
namespace sandboxd::files {
namespace {

using testing::errno_of;
using testing::open_root;

constexpr uid_t attacker = 1234;

/// Runs something in a process that stops before and after each of its system calls, and calls `between`
/// then: an attacker who is always in time. False when it fails, or nobody may trace here.
bool run_with_stops(const std::function<void()>& action, const std::function<void()>& between) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      ::_exit(1);
    ::raise(SIGSTOP);
    ::_exit(errno_of(action));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    between();
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct operation {
  const char* name;
  bool is_move; ///< from another file system; else it writes upon an old file
};
std::ostream& operator<<(std::ostream& to, const operation& which) {
  return to << which.name;
}

class owner_swap_attack : public testing::sandbox_files, public ::testing::WithParamInterface<operation> {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root, to give files away";
    if (!run_with_stops([] {}, [] {}))
      GTEST_SKIP() << "needs the privilege to trace";
    std::string name = "/dev/shm/sandboxd-swap-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    there = name;
    if (GetParam().is_move && status(there).st_dev == status(inside).st_dev)
      GTEST_SKIP() << "needs a /dev/shm that is another file system than the tests' directory";
  }
  void TearDown() override {
    if (!there.empty())
      std::filesystem::remove_all(there);
  }

  /// Anew: the victim, and a file of the attacker's.
  void prepare() {
    std::filesystem::remove_all(in("/trap"));
    std::filesystem::create_directory(in("/trap"));
    put(in("/trap/victim"), "of root");
    victim_ = status(in("/trap/victim")).st_ino;
    const auto own = GetParam().is_move ? there + "/file" : in("/trap/file");
    put(own, "of the attacker");
    ASSERT_EQ(::chown(own.c_str(), attacker, attacker), 0);
    swaps_ = 0;
  }
  /// As soon as something temporary is there.
  void swap() {
    for (const auto& entry : std::filesystem::directory_iterator(in("/trap")))
      if (swaps_ == 0 && entry.path().filename().string().starts_with("."))
        swaps_ += ::renameat2(AT_FDCWD, in("/trap/victim").c_str(), AT_FDCWD, entry.path().c_str(),
                              RENAME_EXCHANGE) == 0;
  }
  /// Whether the victim is the attacker's after something has been done under the attacker's eyes.
  bool is_given_away_by(const std::function<void()>& action) {
    prepare();
    EXPECT_TRUE(run_with_stops(action, [this] { swap(); }));
    EXPECT_EQ(swaps_, 1) << "the attacker was there";
    for (const auto& entry : std::filesystem::directory_iterator(in("/trap")))
      if (const auto found = status(entry.path()); found.st_ino == victim_)
        return found.st_uid == attacker;
    ADD_FAILURE() << "the victim is gone";
    return false;
  }
  /// By names, as a program does it.
  void replace_by_names() const {
    const auto temporary = in("/trap/.new");
    put(temporary, "new");
    if (::chown(temporary.c_str(), attacker, attacker) != 0 ||
        ::rename(temporary.c_str(), in("/trap/file").c_str()) != 0)
      throw_errno("replace");
  }
  void replace() {
    if (GetParam().is_move)
      move_file(sandbox_root(open_root("/"), {}), there + "/file", in("/trap/file"));
    else
      write_file(root, "/trap/file", "new");
  }
  static struct stat status(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
  }

  std::string there; ///< on another file system

private:
  ino_t victim_ = 0;
  int swaps_ = 0;
};
INSTANTIATE_TEST_SUITE_P(of, owner_swap_attack,
                         ::testing::Values(operation{"a_file_that_is_written", false},
                                           operation{"a_file_that_is_moved", true}),
                         [](const auto& which) { return which.param.name; });

TEST_P(owner_swap_attack, between_two_calls_gives_no_file_away) {
  ASSERT_TRUE(is_given_away_by([this] { replace_by_names(); })) << "the attack works without the defence";
  EXPECT_FALSE(is_given_away_by([this] { replace(); }));
}

} // namespace
} // namespace sandboxd::files
