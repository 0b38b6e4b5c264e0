#include "launcher/group_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Expected texts are those of the kernel's cgroup-v1 and cgroup-v2 documents.
namespace sandboxd::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(group_limits, are_written_where_version_2_has_them) {
  EXPECT_THAT(files_of({.memory_bytes = 1 << 20, .processes = 7, .cpu_percent = 150}, true),
              ElementsAre(group_file{"memory", "memory.max", "1048576"},
                          group_file{"memory", "memory.swap.max", "0", true},
                          group_file{"pids", "pids.max", "7"},
                          group_file{"cpu", "cpu.max", "150000 100000"}));
}

TEST(group_limits, are_written_where_version_1_has_them) {
  EXPECT_THAT(files_of({.memory_bytes = 1 << 20, .processes = 7, .cpu_percent = 50}, false),
              ElementsAre(group_file{"memory", "memory.limit_in_bytes", "1048576"},
                          group_file{"memory", "memory.memsw.limit_in_bytes", "1048576", true},
                          group_file{"pids", "pids.max", "7"},
                          group_file{"cpu", "cpu.cfs_period_us", "100000"},
                          group_file{"cpu", "cpu.cfs_quota_us", "50000"}));
}

TEST(group_limits, give_a_share_of_processors_beside_others) {
  EXPECT_THAT(files_of({.cpu_weight = 10}, true), ElementsAre(group_file{"cpu", "cpu.weight", "10"}));
  EXPECT_THAT(files_of({.cpu_weight = 10}, false), ElementsAre(group_file{"cpu", "cpu.shares", "102"}));
}

TEST(group_limits, that_nobody_wants_are_not_written) {
  EXPECT_THAT(files_of({}, true), IsEmpty());
  EXPECT_THAT(files_of({}, false), IsEmpty());
}

TEST(group_limits, count_kills_by_either_version) {
  EXPECT_EQ(out_of_memory_kills("low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 0\n"), 3u);
  EXPECT_EQ(out_of_memory_kills("oom_kill_disable 1\nunder_oom 0\noom_kill 18446744073709551615\n"),
            18446744073709551615u);
  EXPECT_EQ(out_of_memory_kills("oom_kill_disable 1\nunder_oom 1\n"), 0u)
      << "of a kernel that does not count";
  EXPECT_EQ(out_of_memory_kills(""), 0u);
  EXPECT_EQ(out_of_memory_kills("oom_kill "), 0u);
}

} // namespace
} // namespace sandboxd::launcher
