#include "daemon/surroundings.hpp"
#include "tests/daemon/running_daemon.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
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

TEST(a_private_tmp, hides_nothing_that_workloads_need) {
  const testing::temporary_directory root; // in /tmp
  config::settings settings;
  settings.sandbox.workspace = "/";
  settings.sandbox.runtime_directory = "/run/sandbox";
  settings.isolation.private_tmp_bytes = 1 << 20;
  const auto complaint = [&](const std::string& programs) -> std::string {
    try {
      refuse_places_in_private_tmp(settings, programs);
      return {};
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(complaint("/usr/lib"), "");
  EXPECT_EQ(complaint("/tmpx"), "");
  EXPECT_EQ(complaint("/usr/../tmp/x"), "sandbox.program-directory = /usr/../tmp/x: lies in /tmp, of which "
                                        "isolation.private-tmp-bytes gives each workload another");
  settings.sandbox.workspace = root / "workspace";
  EXPECT_THAT(complaint("/usr/lib"), ::testing::StartsWith("sandbox.workspace = "));
  settings.isolation.private_tmp_bytes = 0;
  EXPECT_EQ(complaint("/usr/lib"), "");
}

} // namespace
} // namespace sandboxd::daemon
