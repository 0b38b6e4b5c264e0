#include "launcher/group_hierarchies.hpp"
#include "launcher/workload_groups.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

/// In the groups of this machine: there is no other kernel to ask.
class workload_group : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root, to make control groups";
    try {
      groups = workload_groups::make({.reserve = {64ull << 20, 100}, .each = {}});
    } catch (const std::exception& reason) {
      GTEST_SKIP() << "there are no control groups: " << reason.what();
    }
  }

  static std::uint64_t number_of(const std::filesystem::path& group) {
    struct stat info {};
    return ::stat(group.c_str(), &info) == 0 ? info.st_ino : 0;
  }
  static std::uint64_t number_of(const descriptor& group) {
    struct stat info {};
    return ::fstat(group.get(), &info) == 0 ? info.st_ino : 0;
  }

  std::filesystem::path own = [] {
    try {
      return find_hierarchies().front().group;
    } catch (const std::exception&) {
      return std::filesystem::path();
    }
  }();
  std::unique_ptr<workload_groups> groups;
};

TEST_F(workload_group, contains_itself_and_what_is_below) {
  const auto& unified = groups->parents().front().directory;
  descriptor below;
  ASSERT_EQ(make_group(unified.get(), "below", below), 0);
  EXPECT_TRUE(groups->contain(number_of(unified)));
  EXPECT_TRUE(groups->contain(number_of(below)));
  EXPECT_FALSE(groups->contain(number_of(own)));
}

TEST_F(workload_group, contains_what_does_not_exist_any_more) {
  const auto& unified = groups->parents().front().directory;
  descriptor below;
  ASSERT_EQ(make_group(unified.get(), "below", below), 0);
  const auto number = number_of(below);
  ASSERT_EQ(remove_group(unified.get(), "below"), 0);
  EXPECT_TRUE(groups->contain(number));
}

TEST_F(workload_group, of_another_daemon_is_one_too) {
  const auto other = workload_groups::make({});
  EXPECT_TRUE(groups->contain(number_of(other->parents().front().directory)));
}

/// One that does nothing until it is killed.
class sleeper {
public:
  sleeper() : pid(::fork()) {
    if (pid == 0)
      for (;;)
        ::pause();
  }
  ~sleeper() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  [[nodiscard]] std::string groups() const {
    std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const pid_t pid;
};

TEST_F(workload_group, contains_processes_by_what_proc_tells_of_them) {
  const auto& unified = groups->parents().front().directory;
  descriptor below;
  ASSERT_EQ(make_group(unified.get(), "below", below), 0);
  {
    const sleeper process;
    EXPECT_FALSE(groups->contain_process(process.groups()));
    ASSERT_EQ(write_group_file(below.get(), "cgroup.procs", std::to_string(process.pid)), 0);
    EXPECT_TRUE(groups->contain_process(process.groups()));
    ::kill(process.pid, SIGKILL);
    siginfo_t end{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process.pid), &end, WEXITED | WNOWAIT), 0);
    EXPECT_TRUE(groups->contain_process(process.groups())) << "one that nobody has reaped";
    ASSERT_EQ(remove_group(unified.get(), "below"), 0);
    EXPECT_TRUE(groups->contain_process(process.groups())) << "of a group that is gone";
  }
  EXPECT_TRUE(groups->contain_process("")) << "nothing is known of it";
  EXPECT_TRUE(groups->contain_process("1:name=systemd:/\n"));
}

TEST_F(workload_group, is_removed_with_all_that_is_left_in_it) {
  const auto& unified = groups->parents().front().directory;
  descriptor below;
  ASSERT_EQ(make_group(unified.get(), "below", below), 0);
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(unified.get()));
  ASSERT_TRUE(exists(path / "below"));
  groups.reset();
  EXPECT_FALSE(exists(path));
}

TEST_F(workload_group, that_a_dead_daemon_has_left_is_removed) {
  const auto left = own / "sandboxd-workloads-of-nobody";
  create_directories(left / "below");
  const auto next = workload_groups::make({});
  EXPECT_FALSE(exists(left));
  EXPECT_TRUE(groups->contain(number_of(groups->parents().front().directory))) << "its daemon lives";
}

/// The kernel refuses more processor time than it can count.
TEST_F(workload_group, goes_without_a_limit_that_cannot_be_set_and_tells_so) {
  const auto has = [](const workload_groups& which, const char* controller) {
    return std::ranges::any_of(which.parents(), [&](const auto& one) { return one.has(controller); });
  };
  if (!has(*groups, "cpu") || !has(*groups, "pids"))
    GTEST_SKIP() << "not all can be limited here";
  workload_groups::options too_much;
  too_much.each.cpu_percent = 1'000'000'000'000;
  const auto other = workload_groups::make(too_much);
  EXPECT_FALSE(has(*other, "cpu"));
  EXPECT_TRUE(has(*other, "pids"));
  EXPECT_TRUE(
      std::ranges::any_of(other->problems(), [](const auto& line) { return line.starts_with("cpu: "); }));
}

/// Or one could take all.
TEST_F(workload_group, lets_one_workload_have_half_of_all_processes_at_most) {
  workload_groups::options too_many;
  too_many.each.processes = 4'000'000;
  const auto other = workload_groups::make(too_many);
  EXPECT_LT(other->limits().processes, 4'000'000u);
  EXPECT_GT(other->limits().processes, 0u);
}

TEST_F(workload_group, leaves_a_reserve) {
  bool is_seen = false;
  for (const auto& hierarchy : find_hierarchies())
    for (const auto& parent : groups->parents())
      if (parent.is_version_2 == hierarchy.mount.is_version_2 &&
          parent.controllers == hierarchy.controllers &&
          std::ranges::find(parent.controllers, "memory") != parent.controllers.end()) {
        is_seen = true;
        const auto file =
            std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(parent.directory.get())) /
            (parent.is_version_2 ? "memory.max" : "memory.limit_in_bytes");
        std::uint64_t bytes = 0;
        std::ifstream(file) >> bytes;
        const auto wanted = memory_of(hierarchy) - (64ull << 20);
        EXPECT_EQ(bytes, wanted - wanted % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
      }
  if (!is_seen)
    GTEST_SKIP() << "memory cannot be limited here";
}

TEST_F(workload_group, gives_way_to_the_daemon_where_processors_are_short) {
  const auto parent = std::ranges::find_if(groups->parents(), [](const auto& one) { return one.has("cpu"); });
  if (parent == groups->parents().end())
    GTEST_SKIP() << "processors cannot be shared out here";
  const auto file =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(parent->directory.get())) /
      (parent->is_version_2 ? "cpu.weight" : "cpu.shares");
  std::uint64_t share = 0;
  std::ifstream(file) >> share;
  EXPECT_EQ(share, parent->is_version_2 ? 10u : 102u) << "the kernel's default is 100, or 1024";
}

} // namespace
} // namespace sandboxd::launcher
