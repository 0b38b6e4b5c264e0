#include "launcher/hosts_file.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>

namespace sandboxd::launcher {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct stat status_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info;
}

TEST(hosts_file, stays_the_same_file_whatever_its_text) {
  const testing::scratch_directory directory;
  hosts_file file(directory.path() + "/hosts");
  const auto number = status_of(file.path()).st_ino;
  for (const std::string text : {"192.0.2.1 a.example\n192.0.2.2 b.example\n", "192.0.2.3 c.example\n", ""}) {
    file.write(text);
    EXPECT_EQ(text_of(file.path()), text);
  }
  EXPECT_EQ(status_of(file.path()).st_ino, number);
}

TEST(hosts_file, may_be_read_by_everybody_and_written_by_its_owner) {
  const testing::scratch_directory directory;
  const auto before = ::umask(077);
  const hosts_file file(directory.path() + "/hosts");
  ::umask(before);
  EXPECT_EQ(status_of(file.path()).st_mode & 07777, 0644u);
}

TEST(hosts_file, of_the_machine_is_read_as_it_is) {
  EXPECT_EQ(hosts_of_machine(), text_of("/etc/hosts"));
}

} // namespace
} // namespace sandboxd::launcher
