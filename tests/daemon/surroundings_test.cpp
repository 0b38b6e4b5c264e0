#include "daemon/surroundings.hpp"
#include "tests/daemon/running_daemon.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace sandboxd::daemon {
namespace {

/// What is said of the programs below `directory`, empty when all can be run.
std::string complaint_about(const std::filesystem::path& directory) {
  try {
    require_programs(directory);
    return {};
  } catch (const std::system_error& error) {
    return error.what();
  }
}

TEST(required_programs, are_named_when_they_are_missing_or_cannot_be_run) {
  const testing::temporary_directory root;
  const auto directory = root / "programs";
  for (const std::string name :
       {"launcher/sandboxd-spawner", "git/sandboxd-git-worker", "interpreters/sandboxd-namespace-init"}) {
    const auto program = directory / name;
    EXPECT_EQ(complaint_about(directory), program.string() + ": No such file or directory");
    std::filesystem::create_directories(program.parent_path());
    std::ofstream(program).close();
    EXPECT_EQ(complaint_about(directory), program.string() + ": Permission denied");
    std::filesystem::permissions(program, std::filesystem::perms::owner_exec,
                                 std::filesystem::perm_options::add);
  }
  EXPECT_EQ(complaint_about(directory), "");
}

TEST(required_programs, keep_a_daemon_from_starting_without_them) {
  const testing::temporary_directory directory;
  testing::running_daemon daemon(directory, {"--sandbox.program-directory=" + (directory / "none").string()},
                                 {});
  EXPECT_THROW((void)daemon.exit_code(), std::system_error);
}

} // namespace
} // namespace sandboxd::daemon
