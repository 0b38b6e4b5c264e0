#include "launcher/control_groups.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

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
  EXPECT_TRUE(is_of_controller(found[0], "memory"));
  EXPECT_FALSE(is_of_controller(found[0], "mem"));
  EXPECT_EQ(found[1].path, "/sys/fs/cgroup/uni fied\\");
  EXPECT_TRUE(found[1].is_version_2);
  EXPECT_EQ(found[1].root, "/a/b");
  EXPECT_FALSE(is_of_controller(found[1], "rw"));
}

TEST(control_groups, have_directories_below_their_mounts) {
  constexpr std::string_view text = "9:name=systemd:/x\n5:cpu,cpuacct:/y/z\n0::/user.slice/a:b\n";
  const control_group_mount unified{"/sys/fs/cgroup", true, "/", "rw"};
  EXPECT_EQ(group_directory(unified, text), "/sys/fs/cgroup/user.slice/a:b");
  EXPECT_EQ(group_directory(unified, "0::/\n"), "/sys/fs/cgroup");
  EXPECT_EQ(group_directory(unified, "4:memory:/y\n"), "");
  EXPECT_EQ(group_directory(unified, ""), "");

  const control_group_mount processors{"/cpu", false, "/", "rw,cpu,cpuacct"};
  EXPECT_EQ(group_directory(processors, text, "cpu"), "/cpu/y/z");
  EXPECT_EQ(group_directory(processors, text, "memory"), "");
}

/// As a container sees it whose own group is mounted as if it were the root.
TEST(control_groups, are_found_below_the_group_that_is_mounted) {
  const control_group_mount mounted{"/sys/fs/cgroup/memory", false, "/docker/1", "rw,memory"};
  EXPECT_EQ(group_directory(mounted, "4:memory:/docker/1\n", "memory"), "/sys/fs/cgroup/memory");
  EXPECT_EQ(group_directory(mounted, "4:memory:/docker/1/a\n", "memory"), "/sys/fs/cgroup/memory/a");
  EXPECT_EQ(group_directory(mounted, "4:memory:/docker/12\n", "memory"), "") << "another one";
}

TEST(control_groups, are_read_from_whatever_text) {
  std::mt19937 random{7};
  const std::string parts[] = {" ", " - ", "cgroup2", "\\", "\\0", "\\040", "\n", "/", "1", ":"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto left = random() % 30; left > 0; --left)
      text += parts[random() % std::size(parts)];
    EXPECT_LE(control_group_mounts(text).size(), text.size());
    EXPECT_LE(group_directory({"", true, "/", ""}, text).size(), text.size());
  }
}

} // namespace
} // namespace sandboxd::launcher
