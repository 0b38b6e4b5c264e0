#include "launcher/group_hierarchies.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/workload_limits.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <linux/capability.h>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <utility>
#include <vector>

/// What workloads may use of the machine. Those of attacks are first seen to take more where nothing limits
/// them.
namespace sandboxd::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::uint64_t memory = 128ull << 20;
constexpr std::uint64_t processes = 48;

const std::string note = "Out of memory: the kernel has killed a process of this session";

/// tail(1) keeps a line that has no end.
const std::string takes_much_memory = "head -c 400M /dev/zero | tail -n 1 | wc -c";

/// Prints how many children it could have, at most three times as many as are allowed.
const std::string has_many_children = fmt::format(R"(python3 -c '
import os, signal
children = []
try:
    while len(children) < {}:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except OSError:
    pass
for child in children:
    os.kill(child, signal.SIGKILL)
print(len(children))')",
                                                  3 * processes);

/// Prints its control groups, a directory each.
const std::string own_groups = R"(
while IFS=: read -r number controllers path; do
  case $controllers in
  "") controllers=unified ;;
  memory | pids | cpu) ;;
  *) continue ;;
  esac
  for mount in /sys/fs/cgroup/"$controllers" /sys/fs/cgroup; do
    [ ! -e "$mount/cgroup.procs" ] || { echo "$mount$path"; break; }
  done
done </proc/self/cgroup)";

class limits : public ::testing::Test {
protected:
  /// Of a workload: that of version 2, and where controllers are in version 1 another.
  const std::size_t least_groups = launcher::find_hierarchies().size() > 1 ? 2 : 1;

  void SetUp() override {
    if (const auto reason = why_not_limited(); !reason.empty())
      GTEST_SKIP() << reason;
  }

  /// One daemon at a time: they are one process.
  static test_daemon::adjustment settings(bool is_limited) {
    return [=](config::settings& s) {
      s.interpreter.python_program = "/usr/bin/python3";
      s.isolation.memory = is_limited ? memory : 0;
      s.isolation.processes = is_limited ? processes : 0;
      s.isolation.cpu_percent = is_limited ? 50 : 0;
    };
  }

  static std::vector<std::filesystem::path> groups_of(sdk_client& sdk, const std::string& session) {
    return paths_in(sdk.output(session, own_groups));
  }

  static std::vector<std::filesystem::path> paths_in(const std::string& text) {
    std::vector<std::filesystem::path> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      found.emplace_back(line);
    return found;
  }

  /// Starts background process `id` of session "s", in a shell that has printed its groups, and tells those.
  static std::vector<std::filesystem::path> start(sdk_client& sdk, const std::string& id,
                                                  const std::string& command) {
    const auto text = "{ " + own_groups + "; }; echo .\n" + command;
    const auto answer =
        sdk.post("/api/process/start", {{"command", text}, {"sessionId", "s"}, {"processId", id}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string printed;
    EXPECT_TRUE(eventually([&] {
      printed = sdk.request("GET", "/api/process/" + id + "/logs").body.value("stdout", "");
      return printed.find(".\n") != std::string::npos;
    })) << printed;
    return paths_in(printed.substr(0, printed.find(".\n")));
  }

  static bool is_running(sdk_client& sdk, const std::string& process) {
    return sdk.request("GET", "/api/process/" + process).body.at("process").at("status") == "running";
  }

  static std::uint64_t most_processes_in(const std::vector<std::filesystem::path>& groups) {
    std::uint64_t most = 0;
    for (const auto& group : groups) {
      std::uint64_t now = 0;
      std::ifstream(group / "pids.current") >> now;
      most = std::max(most, now);
    }
    return most;
  }

  static std::string text_in(const char* file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static bool none_exists(const std::vector<std::filesystem::path>& groups) {
    return std::ranges::none_of(groups, [](const auto& one) { return std::filesystem::exists(one); });
  }
};

TEST_F(limits, of_memory_end_what_takes_more_and_spare_its_session) {
  for (const bool is_limited : {false, true}) {
    test_daemon daemon(settings(is_limited));
    sdk_client sdk(daemon.port(), generation::b);
    sdk.create("s");
    sdk.create("neighbour");
    sdk.output("s", "kept=1");
    const auto answered = sdk.execute("s", "set -o pipefail; " + takes_much_memory);
    ASSERT_EQ(answered.body.at("exitCode"), is_limited ? 137 : 0) << answered.body;
    EXPECT_EQ(answered.body.at("stderr").get<std::string>().ends_with(note), is_limited) << answered.body;
    EXPECT_EQ(sdk.output("s", "echo $kept"), "1");
    EXPECT_EQ(sdk.output("neighbour", "echo $?"), "0");
  }
}

TEST_F(limits, of_memory_are_told_of_in_streams_and_outside_of_sessions) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  EXPECT_EQ(text_of(sdk.stream("s", takes_much_memory + "; exit 0 | false").rest(), "stderr"), note + "\n");
  const auto alone = sdk.execute("__DISABLE_SESSION__", "set -o pipefail; " + takes_much_memory);
  EXPECT_THAT(alone.body.at("stderr").get<std::string>(), EndsWith(note)) << alone.body;
}

/// A failure of another cause is none of memory.
TEST_F(limits, of_memory_are_not_blamed_for_every_kill) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  sdk.output("s", takes_much_memory);
  const auto answered = sdk.execute("s", "bash -c 'kill -9 $$'");
  EXPECT_EQ(answered.body.at("exitCode"), 137);
  EXPECT_EQ(answered.body.at("stderr").get<std::string>().find(note), std::string::npos) << answered.body;
}

TEST_F(limits, of_memory_are_told_of_in_the_log_of_a_background_process) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  sdk.post("/api/process/start",
           {{"command", "exec tail -n 1 /dev/zero"}, {"sessionId", "s"}, {"processId", "p"}});
  EXPECT_TRUE(eventually([&] {
    return sdk.request("GET", "/api/process/p").body.at("process").at("status") == "killed";
  })) << sdk.request("GET", "/api/process/p").body;
  EXPECT_EQ(sdk.request("GET", "/api/process/p/logs").body.at("stderr"), note + "\n");
}

TEST_F(limits, of_memory_end_a_code_context_which_is_told_why) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  for (const auto& [language, code] : {std::pair("javascript", "Buffer.alloc(400e6, 1).length"),
                                       std::pair("python", "len(b'x' * 400_000_000)")}) {
    const auto made = sdk.post("/api/contexts", {{"language", language}, {"cwd", "/tmp"}});
    ASSERT_EQ(made.status, 200) << made.body;
    const json wanted{{"context_id", made.body.at("id")}, {"code", code}};
    event_stream events(daemon.port(),
                        request_text("POST", "/api/execute/code", wanted, "X-Sandbox-Id: tests\r\n"));
    const auto last = events.rest().back();
    EXPECT_EQ(last.at("type"), "error");
    EXPECT_THAT(last.dump(), HasSubstr("there was no memory for it"));
  }
}

TEST_F(limits, of_processes_are_not_exceeded_and_leave_room_to_neighbours) {
  for (const bool is_limited : {false, true}) {
    test_daemon daemon(settings(is_limited));
    sdk_client sdk(daemon.port(), generation::b);
    sdk.create("s");
    sdk.create("neighbour");
    const auto count = std::stoul(sdk.output("s", has_many_children));
    EXPECT_EQ(count < processes, is_limited) << count;
    EXPECT_EQ(sdk.output("neighbour", "echo $(echo here)"), "here");
  }
}

/// A fork bomb that is still at work.
TEST_F(limits, of_processes_leave_a_neighbour_and_the_server_room) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  const auto groups = start(sdk, "bomb", "bomb() { bomb | bomb & }; bomb; sleep 1000");
  EXPECT_TRUE(eventually([&groups] { return most_processes_in(groups) >= processes - 2; })) << "the bomb";
  ASSERT_EQ(sdk.create("fresh").status, 200);
  EXPECT_EQ(sdk.output("fresh", "echo $(echo here)"), "here");
  EXPECT_EQ(sdk.remove("s").status, 200);
}

TEST_F(limits, hold_for_each_background_process_apart_from_its_session) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  const auto holding = [](const char* mebibytes) { // tail(1) keeps what comes until the end
    return fmt::format("{{ head -c {}M /dev/zero; echo >&2; sleep 1000; }} | tail -n 1", mebibytes);
  };
  start(sdk, "one", holding("80"));
  start(sdk, "two", holding("80"));
  EXPECT_TRUE(eventually([&] {
    return sdk.request("GET", "/api/process/one/logs").body.at("stderr") == "\n" &&
           sdk.request("GET", "/api/process/two/logs").body.at("stderr") == "\n";
  }));
  EXPECT_EQ(sdk.output("s", "head -c 80M /dev/zero | tail -n 1 | wc -c"), "83886080");
  EXPECT_TRUE(is_running(sdk, "one") && is_running(sdk, "two"));
}

TEST_F(limits, leave_no_control_group_of_a_background_process_behind) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  const auto of_session = groups_of(sdk, "s");
  const auto ended = start(sdk, "ended", "exit 3");
  const auto left = start(sdk, "left", "sleep 1000 >/dev/null 2>&1 &");
  const auto killed = start(sdk, "killed", "sleep 1000");
  ASSERT_GE(ended.size(), least_groups);
  EXPECT_NE(ended, of_session);
  EXPECT_NE(ended, left);
  EXPECT_TRUE(eventually([&] { return none_exists(ended) && !is_running(sdk, "left"); }));
  EXPECT_FALSE(none_exists(left)) << "a job of the session's lives on in it";
  EXPECT_EQ(sdk.request("DELETE", "/api/process/killed").status, 200);
  EXPECT_TRUE(eventually([&] { return none_exists(killed); }));
  EXPECT_FALSE(none_exists(left));
  EXPECT_EQ(sdk.remove("s").status, 200);
  EXPECT_TRUE(eventually([&] { return none_exists(left) && none_exists(of_session); }));
}

TEST_F(limits, make_workloads_end_before_the_server_when_the_machine_lacks_memory) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  EXPECT_EQ(sdk.output("s", "cat /proc/self/oom_score_adj"), "500");
  EXPECT_EQ(sdk.output("s", "cat /proc/1/oom_score_adj") + "\n", text_in("/proc/self/oom_score_adj"))
      << "its init and the server are as they were started";
  EXPECT_EQ(sdk.output("__DISABLE_SESSION__", "cat /proc/self/oom_score_adj"), "500\n");
  if (::prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) != 1)
    GTEST_SKIP() << "the server has no CAP_SYS_RESOURCE, without which a workload may lower it again";
  EXPECT_EQ(
      sdk.output("s", "{ echo 0 >/proc/self/oom_score_adj; } 2>/dev/null; cat /proc/self/oom_score_adj"),
      "500");
}

TEST_F(limits, of_processor_time_are_those_that_the_kernel_was_told) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  std::string quota;
  for (const auto& group : groups_of(sdk, "s"))
    quota += sdk.output("s", fmt::format("cat {0}/cpu.cfs_quota_us {0}/cpu.max 2>/dev/null", group.string()));
  EXPECT_THAT(quota, ::testing::AnyOf("50000", "50000 100000")) << "microseconds of a tenth of a second";
}

TEST_F(limits, leave_no_control_group_behind) {
  std::vector<std::filesystem::path> all;
  {
    test_daemon daemon(settings(true));
    sdk_client sdk(daemon.port(), generation::b);
    for (const bool isolated : {true, false}) {
      const std::string session = isolated ? "isolated" : "open";
      sdk.create(session, {{"isolation", isolated}});
      const auto groups = groups_of(sdk, session);
      ASSERT_GE(groups.size(), least_groups);
      ASSERT_FALSE(none_exists(groups));
      sdk.output(session, "(setsid sleep 1000 >/dev/null 2>&1 &)");
      sdk.remove(session);
      EXPECT_TRUE(eventually([&] { return none_exists(groups); })) << session;
      for (const auto& group : groups)
        all.push_back(group.parent_path());
    }
    EXPECT_FALSE(none_exists(all));
  }
  EXPECT_TRUE(none_exists(all));
}

TEST_F(limits, hold_for_a_python_context_in_groups_that_go_with_it) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  const auto made = sdk.post("/api/contexts", {{"language", "python"}, {"cwd", "/tmp"}});
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string context = made.body.at("id");
  const auto print = [&](const std::string& command) {
    return printed_by_code(daemon.port(), context,
                           "import os; os.system(" + json(command).dump() + "); None");
  };
  const auto groups = paths_in(print("bash -c '" + own_groups + "'"));
  ASSERT_GE(groups.size(), least_groups);
  std::string most;
  for (const auto& group : groups)
    most += print("cat " + group.string() + "/pids.max 2>/dev/null");
  EXPECT_EQ(most, std::to_string(processes) + "\n");
  EXPECT_EQ(print("cat /proc/self/oom_score_adj"), "500\n");
  EXPECT_EQ(sdk.request("DELETE", "/api/contexts/" + context).status, 200);
  EXPECT_TRUE(eventually([&] { return none_exists(groups); }));
}

TEST_F(limits, leave_no_control_group_behind_although_the_spawner_was_killed) {
  test_daemon daemon(settings(true));
  sdk_client sdk(daemon.port(), generation::b);
  sdk.create("s");
  const auto groups = groups_of(sdk, "s");
  ASSERT_FALSE(groups.empty());
  daemon.kill_process_of("/root/sandbox/launcher");
  sdk.create("next");
  EXPECT_EQ(sdk.output("s", "echo here"), "here");
  sdk.remove("s");
  EXPECT_TRUE(eventually([&] { return none_exists(groups); }));
}

} // namespace
} // namespace sandboxd::testing
