#include "actors/paths.hpp"
#include "supervision/child_spec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sandboxd::actors::paths {
namespace {

TEST(child_id, is_readable_where_it_can_be) {
  EXPECT_EQ(child_id("my-session_1.x", 7), "my-session_1.x~7");
  EXPECT_EQ(child_id("", 0), "~0");
  EXPECT_EQ(child_id("a/b c~d", 12), "a_b_c_d~12");
  EXPECT_EQ(child_id(std::string(200, 'x'), 1), std::string(80, 'x') + "~1");
  EXPECT_EQ(child_id("\xc3\xa4", 3), "__~3");
}

TEST(child_id, is_valid_and_unique_whatever_the_name) {
  std::mt19937 random{17};
  for (unsigned long long number = 0; number < 2000; ++number) {
    std::string name(random() % 300, ' ');
    for (char& c : name)
      c = static_cast<char>(random());
    const auto id = child_id(name, number);
    EXPECT_FALSE(id.empty());
    EXPECT_LE(id.size(), 128u);
    EXPECT_EQ(id.find('/'), std::string::npos);
    EXPECT_EQ(id.substr(id.find('~') + 1), std::to_string(number)) << "the number can be read back";
  }
  EXPECT_LE(child_id(std::string(1000, 'x'), ~0ull).size(), 128u);
}

TEST(paths, of_parent_and_sibling) {
  EXPECT_EQ(parent("/root/a/b"), "/root/a");
  EXPECT_EQ(sibling("/root/a/b", "c"), "/root/a/c");
  EXPECT_EQ(sessions, "/root/sandbox/workload/sessions");
}

} // namespace
} // namespace sandboxd::actors::paths
