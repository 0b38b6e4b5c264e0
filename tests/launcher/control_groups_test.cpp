#include "launcher/control_groups.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sandboxd::launcher {
namespace {

TEST(control_groups, are_those_of_type_cgroup_and_cgroup2) {
  // Lines of proc(5), and of a hybrid system; optional fields stand before the separator, or none.
  const auto found = control_group_mounts(
      "36 35 98:0 / / rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
      "29 23 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "30 29 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 master:2 - cgroup cgroup rw,memory\n"
      "31 29 0:28 /a/b /sys/fs/cgroup/uni\\040fied\\134 ro,relatime - cgroup2 cgroup2 rw\n"
      "32 29 0:29 / /cgroup2 rw,relatime - tmpfs cgroup2 rw\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "/sys/fs/cgroup/memory");
  EXPECT_FALSE(found[0].is_version_2);
  EXPECT_EQ(found[1].path, "/sys/fs/cgroup/uni fied\\");
  EXPECT_TRUE(found[1].is_version_2);
}

TEST(control_groups, tell_the_group_of_version_2) {
  EXPECT_EQ(unified_group("9:name=systemd:/x\n4:memory:/y\n0::/user.slice/a:b\n"), "/user.slice/a:b");
  EXPECT_EQ(unified_group("0::/\n"), "/");
  EXPECT_EQ(unified_group("4:memory:/y\n"), "");
  EXPECT_EQ(unified_group(""), "");
}

TEST(control_groups, are_read_from_whatever_text) {
  std::mt19937 random{7};
  const std::string parts[] = {" ", " - ", "cgroup2", "\\", "\\0", "\\040", "\n", "/", "1", ":"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto left = random() % 30; left > 0; --left)
      text += parts[random() % std::size(parts)];
    EXPECT_LE(control_group_mounts(text).size(), text.size());
    EXPECT_LE(unified_group(text).size(), text.size());
  }
}

} // namespace
} // namespace sandboxd::launcher
