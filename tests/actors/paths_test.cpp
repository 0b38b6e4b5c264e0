#include "actors/paths.hpp"

#include <gtest/gtest.h>

namespace sandboxd::actors::paths {
namespace {

TEST(paths, of_parent_and_sibling) {
  EXPECT_EQ(parent("/root/a/b"), "/root/a");
  EXPECT_EQ(sibling("/root/a/b", "c"), "/root/a/c");
  EXPECT_EQ(sessions, "/root/sandbox/workload/sessions");
}

} // namespace
} // namespace sandboxd::actors::paths
