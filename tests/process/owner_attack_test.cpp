#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

/// Files of a workload by which the daemon, which keeps the owner of what it moves and writes, would give
/// others away.
namespace sandboxd::testing {
namespace {

namespace fs = std::filesystem;

constexpr uid_t attacker = 1234;

uid_t owner_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_uid;
}

/// A directory of another file system than the workspace, owned by the attacker as is all in it.
class foreign_directory {
public:
  foreign_directory() {
    std::string name = "/dev/shm/sandboxd-owner-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr)
      path_ = name;
  }
  foreign_directory(const foreign_directory&) = delete;
  foreign_directory& operator=(const foreign_directory&) = delete;
  ~foreign_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  void give_all_to_attacker() const { shell("chown -hR " + std::to_string(attacker) + " " + path_.string()); }

private:
  fs::path path_;
};

class owner_attack : public daemon_test {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root, to give files away";
    struct stat there {};
    struct stat here {};
    if (::stat(foreign.path().c_str(), &there) != 0 || ::stat(daemon.workspace().c_str(), &here) != 0 ||
        there.st_dev == here.st_dev)
      GTEST_SKIP() << "needs a /dev/shm that is another file system than the workspace";
    std::ofstream(victim()) << "of root";
    ASSERT_EQ(b.create("s").status, 200);
  }

  /// Beside the workspace: a file like any other of root's, which no rule hides.
  [[nodiscard]] fs::path victim() const { return daemon.workspace().parent_path() / "victim"; }
  [[nodiscard]] std::string in_workspace(const std::string& name) const { return daemon.workspace() / name; }

  void expect_untouched() {
    EXPECT_EQ(owner_of(victim()), 0u);
    EXPECT_EQ(read_text(victim()), "of root");
  }
  void assert_given_away() {
    ASSERT_EQ(owner_of(victim()), attacker) << "the attack works without the defence";
    ASSERT_EQ(::chown(victim().c_str(), 0, 0), 0);
    std::ofstream(victim()) << "of root";
  }
  void move(const std::string& from, const std::string& to) {
    const auto answer =
        b.post("/api/move", {{"sourcePath", from}, {"destinationPath", to}, {"sessionId", "s"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
  }

  foreign_directory foreign;
};

TEST_F(owner_attack, by_a_link_in_a_tree_that_is_moved_gives_no_file_away) {
  const auto tree = foreign.path() / "tree";
  fs::create_directory(tree);
  fs::create_symlink(victim(), tree / "link");
  foreign.give_all_to_attacker();
  shell("cp -dr " + tree.string() + " " + in_workspace("naive") + " && chown " + std::to_string(attacker) +
        " " + in_workspace("naive/link"));
  assert_given_away();

  move(tree, "moved");
  EXPECT_EQ(owner_of(in_workspace("moved/link")), attacker) << "what it was";
  expect_untouched();
}

TEST_F(owner_attack, by_a_link_at_the_target_of_a_move_gives_no_file_away) {
  std::ofstream(foreign.path() / "file") << "of the attacker";
  foreign.give_all_to_attacker();
  fs::create_symlink(victim(), in_workspace("naive"));
  shell("cp --preserve=ownership " + (foreign.path() / "file").string() + " " + in_workspace("naive"));
  assert_given_away();

  fs::create_symlink(victim(), in_workspace("target"));
  move(foreign.path() / "file", "target");
  EXPECT_EQ(owner_of(in_workspace("target")), attacker);
  EXPECT_EQ(read_text(in_workspace("target")), "of the attacker");
  expect_untouched();
}

TEST_F(owner_attack, by_the_mode_of_a_file_that_is_replaced_gets_none_that_runs_as_root) {
  const auto runs_as_root = [](const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && status.st_uid == 0 && (status.st_mode & S_ISUID) != 0;
  };
  std::ofstream(foreign.path() / "program") << "#!/bin/sh";
  foreign.give_all_to_attacker();
  ASSERT_EQ(::chmod((foreign.path() / "program").c_str(), 04755), 0);
  shell("cp --preserve=mode " + (foreign.path() / "program").string() + " " + in_workspace("naive"));
  ASSERT_TRUE(runs_as_root(in_workspace("naive"))) << "the attack works without the defence";

  move(foreign.path() / "program", "program");
  EXPECT_FALSE(runs_as_root(in_workspace("program")));
  b.post("/api/write", {{"path", "program"}, {"content", "of a client"}, {"sessionId", "s"}});
  EXPECT_EQ(read_text(in_workspace("program")), "of a client");
  EXPECT_FALSE(runs_as_root(in_workspace("program")));
  EXPECT_EQ(owner_of(in_workspace("program")), attacker);
}

} // namespace
} // namespace sandboxd::testing
