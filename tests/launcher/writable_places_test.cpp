#include "launcher/writable_places.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sandboxd::launcher {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class writable_place : public ::testing::Test {
protected:
  std::vector<std::string> of(const std::string& workspace, const std::string& writable) {
    config::settings settings;
    settings.sandbox.workspace = workspace;
    settings.isolation.writable = writable;
    return writable_places(settings);
  }
  testing::scratch_directory directory_;
  const std::string root = fs::canonical(directory_.path()).string();
};

TEST_F(writable_place, is_the_workspace_or_a_configured_directory_that_is_there) {
  fs::create_directories(root + "/a");
  fs::create_directories(root + "/b");
  std::ofstream(root + "/file").close();
  EXPECT_THAT(of(root + "/b", root + "/a," + root + "/none," + root + "/file"),
              ElementsAre(root + "/a", root + "/b"));
}

TEST_F(writable_place, has_no_link_in_its_path_and_lies_in_no_other) {
  fs::create_directories(root + "/a/workspace");
  fs::create_directories(root + "/ab");
  fs::create_directory_symlink(root + "/a", root + "/link");
  EXPECT_THAT(of(root + "/link/workspace", root + "/ab," + root + "/a/../a/," + root + "/link"),
              ElementsAre(root + "/a", root + "/ab"));
}

TEST_F(writable_place, is_none_of_the_kernel) {
  fs::create_directories(root + "/workspace");
  fs::create_directory_symlink("/proc/self", root + "/link");
  EXPECT_THAT(of(root + "/workspace", "/,/dev,/dev/shm,/sys," + root + "/link"),
              ElementsAre(root + "/workspace"));
}

} // namespace
} // namespace sandboxd::launcher
