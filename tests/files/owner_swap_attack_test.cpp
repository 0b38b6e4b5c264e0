#include "files/file_changes.hpp"
#include "files/file_writer.hpp"
#include "tests/files/sandbox_files.hpp"

#include <cstdio>
#include <ostream>
#include <signal.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

/// Who may write in a directory, against something of root's in it: it takes the place of what is new and
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
  enum { regular, link, fifo, directory } what;
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

  /// By names, as a program does it.
  void replace_by_names() const {
    const auto temporary = in("/trap/.new");
    make(temporary, "new");
    if (::lchown(temporary.c_str(), attacker, attacker) != 0 ||
        ::rename(temporary.c_str(), in("/trap/file").c_str()) != 0)
      throw_errno("replace");
  }
  void replace() {
    if (GetParam().is_move)
      move_file(sandbox_root(open_root("/"), {}), there + "/file", in("/trap/file"));
    else
      write_file(root, "/trap/file", "new");
  }

  /// Whether root's victim is the attacker's after something has been done under the attacker's eyes, who has
  /// tried once, at each moment that there was.
  bool is_given_away_by(const std::function<void()>& action) {
    bool is_over = false;
    for (int moment = 0; !is_over; ++moment) {
      is_over = true;
      for (const bool within : {false, true}) {
        prepare();
        int left = moment;
        (void)run_with_stops(action, [&] { swap(left, within); });
        if (owner_of_victim() == attacker)
          return true;
        is_over &= left >= 0;
      }
    }
    return false;
  }

  std::string there; ///< on another file system

private:
  static struct stat status(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
  }
  /// Something of the kind in question.
  static void make(const std::string& path, const std::string& content) {
    switch (GetParam().what) {
    case operation::regular:
      return put(path, content);
    case operation::link:
      return std::filesystem::create_symlink(content, path);
    case operation::fifo:
      EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
      return;
    case operation::directory:
      std::filesystem::create_directory(path);
      return put(path + "/file", content);
    }
  }

  /// Anew: a directory of the attacker's with a victim in it, and something that is the attacker's.
  void prepare() {
    std::filesystem::remove_all(in("/trap"));
    std::filesystem::create_directory(in("/trap"));
    ASSERT_EQ(::chown(in("/trap").c_str(), attacker, attacker), 0);
    trap_.reset(::open(in("/trap").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    make(in("/trap/victim"), "of root");
    victim_ = status(in("/trap/victim")).st_ino;
    const auto own = GetParam().is_move ? there + "/file" : in("/trap/file");
    std::filesystem::remove_all(own);
    make(own, "of the attacker");
    ASSERT_EQ(::lchown(own.c_str(), attacker, attacker), 0);
  }
  /// Puts the victim in the place of something temporary, or of what is in that, when `left` such moments
  /// have gone by.
  void swap(int& left, bool within) {
    std::string found;
    std::string inner;
    for (const auto& entry : std::filesystem::directory_iterator(in("/trap")))
      if (entry.path().filename().string().starts_with("."))
        found = entry.path().filename();
    if (within && !found.empty() &&
        std::filesystem::is_directory(std::filesystem::symlink_status(in("/trap/") + found)))
      for (const auto& entry : std::filesystem::directory_iterator(in("/trap/") + found))
        inner = '/' + entry.path().filename().string();
    if (found.empty() || left-- != 0)
      return;
    ::setfsuid(attacker);
    ::renameat2(trap_.get(), "victim", trap_.get(), (found + inner).c_str(), RENAME_EXCHANGE);
    ::setfsuid(0);
  }
  uid_t owner_of_victim() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(in("/trap")))
      if (const auto found = status(entry.path()); found.st_ino == victim_)
        return found.st_uid;
    ADD_FAILURE() << "the victim is gone";
    return 0;
  }

  descriptor trap_; ///< the attacker may not come near by names
  ino_t victim_ = 0;
};
INSTANTIATE_TEST_SUITE_P(of, owner_swap_attack,
                         ::testing::Values(operation{"a_file_that_is_written", false, operation::regular},
                                           operation{"a_file_that_is_moved", true, operation::regular},
                                           operation{"a_link_that_is_moved", true, operation::link},
                                           operation{"a_fifo_that_is_moved", true, operation::fifo},
                                           operation{"a_directory_that_is_moved", true,
                                                     operation::directory}),
                         [](const auto& which) { return which.param.name; });

TEST_P(owner_swap_attack, between_two_calls_gives_no_file_away) {
  ASSERT_TRUE(is_given_away_by([this] { replace_by_names(); })) << "the attack works without the defence";
  EXPECT_FALSE(is_given_away_by([this] { replace(); }));
}

} // namespace
} // namespace sandboxd::files
