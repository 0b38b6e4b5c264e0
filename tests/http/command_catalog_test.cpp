#include "http/command_catalog.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <pthread.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <system_error>

namespace sandboxd::http {
namespace {

namespace fs = std::filesystem;

class command_catalog_test : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sandboxd-catalog-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directories(root_ / "one/directory");
    fs::create_directories(root_ / "two");
    put("one/zip", 0755);
    put("one/ls", 0755);
    put("one/readme", 0644);
    put("two/ls", 0755);
    put("two/awk", 0755);
    fs::create_symlink(root_ / "two/awk", root_ / "one/gawk");
    fs::create_symlink(root_ / "missing", root_ / "one/dangling");
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& name, mode_t mode) {
    std::ofstream(root_ / name) << "#!";
    ::chmod((root_ / name).c_str(), mode);
  }
  [[nodiscard]] std::string path() const {
    return (root_ / "one").string() + ":/nonexistent::" + (root_ / "two").string();
  }
  static std::vector<std::string> ask(command_catalog& catalog) {
    std::promise<command_names> answer;
    catalog.list([&](const command_names& names) { answer.set_value(names); });
    return *answer.get_future().get();
  }

  fs::path root_;
};

TEST_F(command_catalog_test, lists_executables_sorted_and_once) {
  EXPECT_EQ(executables_on(path()), (std::vector<std::string>{"awk", "gawk", "ls", "zip"}));
  EXPECT_TRUE(executables_on("").empty());
}

TEST_F(command_catalog_test, serves_a_result_for_its_lifetime) {
  command_catalog lasting(path(), std::chrono::hours(1));
  command_catalog fleeting(path(), std::chrono::milliseconds(0));
  EXPECT_EQ(ask(lasting).size(), 4u);
  EXPECT_EQ(ask(fleeting).size(), 4u);
  put("two/new", 0755);
  EXPECT_EQ(ask(lasting).size(), 4u);
  EXPECT_EQ(ask(fleeting).size(), 5u);
}

/// A process that may not start another thread, and then may again.
TEST_F(command_catalog_test, works_again_after_a_scan_could_not_start) {
  command_catalog catalog(path(), std::chrono::milliseconds(0));
  pthread_attr_t usual{};
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  pthread_attr_t absurd = usual;
  ::pthread_attr_setstacksize(&absurd, std::size_t{1} << 50); // beyond any address space
  bool called = false;
  bool refused = false;
  ASSERT_EQ(::pthread_setattr_default_np(&absurd), 0);
  try {
    catalog.list([&](const command_names&) { called = true; });
  } catch (const std::system_error&) {
    refused = true;
  }
  ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
  EXPECT_TRUE(refused);
  EXPECT_FALSE(called);
  EXPECT_EQ(ask(catalog).size(), 4u);
}

TEST_F(command_catalog_test, answers_everybody_who_waits) {
  std::promise<void> all;
  std::atomic<int> left{50};
  {
    command_catalog catalog(path(), std::chrono::milliseconds(0));
    for (int i = 0; i < 50; ++i)
      catalog.list([&](const command_names& names) {
        EXPECT_EQ(names->size(), 4u);
        if (--left == 0)
          all.set_value();
      });
    all.get_future().wait();
  }
  EXPECT_EQ(left, 0);
}

} // namespace
} // namespace sandboxd::http
