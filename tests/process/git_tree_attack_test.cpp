#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>

/// Repositories that git would not have made (hostile_trees.py), against who writes their trees to a disk.
namespace sandboxd::testing {
namespace {

namespace fs = std::filesystem;

/// What becomes of a plain checkout.
struct hostile_tree {
  const char* kind;
  enum { escapes, runs_a_hook, holds_a_second_repository, dies } harm;
  const char* name = ""; ///< of what must not be in a clone
};
std::ostream& operator<<(std::ostream& to, const hostile_tree& which) {
  return to << which.kind;
}

constexpr hostile_tree hostile_trees[] = {
    {"parent", hostile_tree::escapes},
    {"slash", hostile_tree::escapes},
    {"absolute", hostile_tree::escapes},
    {"link", hostile_tree::escapes},
    {"dot_git", hostile_tree::runs_a_hook, ".git/hooks/post-checkout"},
    // These are .git where a file system does not tell upper from lower case, or knows names of DOS.
    {"upper_case", hostile_tree::holds_a_second_repository, ".GIT"},
    {"short_name", hostile_tree::holds_a_second_repository, "git~1"},
    {"long", hostile_tree::dies},
    {"deep", hostile_tree::dies},
};

class git_tree : public daemon_test {
protected:
  void SetUp() override { ASSERT_EQ(b.create("s", {{"env", {{"HOME", world.home()}}}}).status, 200); }

  [[nodiscard]] std::string repository(const std::string& kind) const {
    return world.root() + "/repositories/" + kind + ".git";
  }
  [[nodiscard]] std::string outside() const { return world.root() + "/outside"; }
  void make(const std::string& kind) const {
    fs::create_directory(outside());
    shell("python3 " HOSTILE_TREES " make " + kind + " " + repository(kind) + " " + outside());
  }
  json_answer clone(const std::string& kind, const json& more) {
    json body{{"repoUrl", "file://" + repository(kind)}, {"sessionId", "s"}, {"targetDir", "x"}};
    body.update(more);
    return b.post("/api/git/checkout", body);
  }
  [[nodiscard]] fs::path target() const { return daemon.workspace() / "x"; }

  git_world world;
};

class git_tree_attack : public git_tree, public ::testing::WithParamInterface<hostile_tree> {
protected:
  /// Whether the harm is done by a checkout in `directory`, and what there is of it in other places; removes
  /// that.
  [[nodiscard]] bool is_harmed(const fs::path& directory) const {
    std::error_code ignored; // ENAMETOOLONG
    const bool escaped =
        fs::remove(outside() + "/escaped") || fs::remove(directory.parent_path() / "escaped");
    const bool has_run = fs::remove(outside() + "/mark");
    const std::string name = GetParam().name;
    return escaped || has_run || (!name.empty() && fs::exists(directory / name, ignored));
  }
};

struct name_of_kind {
  std::string operator()(const ::testing::TestParamInfo<hostile_tree>& info) const { return info.param.kind; }
};
INSTANTIATE_TEST_SUITE_P(of, git_tree_attack, ::testing::ValuesIn(hostile_trees), name_of_kind());

TEST_P(git_tree_attack, by_names_in_a_tree_writes_nothing_elsewhere_and_runs_nothing) {
  const std::string kind = GetParam().kind;
  make(kind);
  const auto naive = world.root() + "/naive/x";
  const auto status =
      shell("python3 " HOSTILE_TREES " checkout " + repository(kind) + " " + naive + " || echo died");
  ASSERT_EQ(status.ends_with("died\n"), GetParam().harm == hostile_tree::dies) << status;
  ASSERT_EQ(is_harmed(naive), GetParam().harm != hostile_tree::dies)
      << "the attack works without the defence";

  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto answer = clone(kind, more);
    EXPECT_FALSE(is_harmed(target())) << answer.body;
    if (answer.status == 200) {
      EXPECT_EQ(shell("git -C " + target().string() + " rev-parse HEAD"),
                shell("git -C " + repository(kind) + " rev-parse main"));
      fs::remove_all(target());
    } else {
      EXPECT_EQ(answer.body.value("code", ""), "GIT_OPERATION_FAILED") << answer.body;
      EXPECT_FALSE(fs::exists(target())) << "what was made is removed";
    }
    EXPECT_EQ(b.output("s", "ls -A"), "") << "there is nothing else";
    EXPECT_TRUE(fs::is_empty(outside()));
  }
}

/// They are names like any other.
TEST_F(git_tree, holds_odd_names_that_lead_nowhere) {
  make("odd");
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto answer = clone("odd", more);
    ASSERT_EQ(answer.status, 200) << answer.body;
    for (const std::string name :
         {"-rf", "--upload-pack=x", "new\nline", "\x1b[2J\x1b]0;title\x07", "\xff", "%s%n"})
      EXPECT_EQ(read_text(target() / name), "hostile\n") << name;
    EXPECT_EQ(shell("git -C " + target().string() + " status --porcelain"), "");
    fs::remove_all(target());
  }
}

} // namespace
} // namespace sandboxd::testing
