#include "launcher/descriptor.hpp"
#include "launcher/path_in_root.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string>

namespace sandboxd::launcher {
namespace {

class path_in_root_test : public ::testing::Test {
protected:
  path_in_root_test() {
    std::filesystem::create_directories(scratch / "root/a");
    std::filesystem::create_directories(scratch / "root-like");
  }

  static descriptor open(const std::string& path) {
    return descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC));
  }
  static std::string link(const descriptor& opened) {
    return "/proc/self/fd/" + std::to_string(opened.get());
  }

  testing::scratch_directory scratch;
};

TEST_F(path_in_root_test, counts_from_that_root) {
  const auto root = open(scratch / "root");
  EXPECT_EQ(path_in_root(root.get(), link(open(scratch / "root/a"))), "/a");
  EXPECT_EQ(path_in_root(root.get(), link(root)), "/");
}

TEST_F(path_in_root_test, leaves_what_lies_elsewhere_as_it_is) {
  const auto root = open(scratch / "root");
  EXPECT_EQ(path_in_root(root.get(), link(open(scratch / "root-like"))), scratch / "root-like");
  EXPECT_EQ(path_in_root(root.get(), link(open(scratch.path()))), scratch.path());
  EXPECT_EQ(path_in_root(open("/").get(), link(root)), scratch / "root");
}

TEST_F(path_in_root_test, tells_of_links_that_cannot_be_read) {
  errno = 0;
  EXPECT_EQ(path_in_root(open("/").get(), scratch / "none"), std::nullopt);
  EXPECT_EQ(errno, ENOENT);
}

} // namespace
} // namespace sandboxd::launcher
