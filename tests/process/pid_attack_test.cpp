#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <signal.h>
#include <string>
#include <sys/types.h>

/// Numbers of processes that are over: a workload may have another process get one, and who ends processes by
/// their numbers alone then ends that.
namespace sandboxd::testing {
namespace {

/// Runs until it is ended.
const std::string bystander = "sleep 4713";

class pid_attack : public daemon_test {
protected:
  pid_attack() : daemon_test([](config::settings& s) { s.session.kill_grace = std::chrono::seconds(30); }) {}

  void SetUp() override {
    ASSERT_EQ(b.create("s").status, 200);
    if (b.output("s", "echo $PPID") != "1")
      GTEST_SKIP() << "needs the privilege to make namespaces";
    if (!chooses_next_number(1000))
      GTEST_SKIP() << "needs the privilege to choose the number of the next process";
    const auto number = std::stoi(b.output("s", "sleep 0 & wait; echo $!"));
    give_to_bystander(number);
    b.output("s", fmt::format("kill -KILL {}; wait", number));
    ASSERT_FALSE(bystander_lives()) << "the attack works against who ends processes by their numbers";
  }

  /// Has the next process of the session get this number if it is free, as it would some ten thousand
  /// processes later.
  bool chooses_next_number(pid_t number) const {
    const auto init = daemon.process_of(daemon.tree_of("s") + "/init");
    return shell(fmt::format("nsenter --target {} --pid bash -c \"echo {} >/proc/sys/kernel/ns_last_pid\" "
                             "2>/dev/null && echo yes || echo no",
                             init, number - 1)) == "yes\n";
  }
  void give_to_bystander(pid_t number) {
    ASSERT_TRUE(chooses_next_number(number));
    ASSERT_EQ(b.output("s", bystander + " & echo $!"), std::to_string(number));
    ASSERT_TRUE(eventually([] { return bystander_lives(); }));
  }
  static bool bystander_lives() { return !processes_with(bystander).empty(); }

  /// The number of a background process as its session sees it.
  pid_t started(const std::string& id, const std::string& command) {
    const auto answer =
        b.post("/api/process/start", {{"command", command}, {"sessionId", "s"}, {"processId", id}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.value("pid", 0);
  }
};

TEST_F(pid_attack, by_the_number_of_a_process_that_is_over_ends_no_other) {
  const auto number = started("p", "true");
  ASSERT_TRUE(eventually(
      [&] { return b.request("GET", "/api/process/p").body["process"].value("status", "") == "completed"; }));
  give_to_bystander(number);
  EXPECT_EQ(b.request("DELETE", "/api/process/p").status, 200);
  EXPECT_EQ(b.request("DELETE", "/api/process/kill-all").status, 200);
  EXPECT_TRUE(bystander_lives());
}

/// The process that is killed leaves something deaf behind, which its kill goes on for; in another group of
/// processes, or the number of that one would stay in use.
TEST_F(pid_attack, by_a_number_that_changes_hands_during_a_kill_ends_no_other) {
  const auto number = started("p", "(trap '' TERM; exec setsid sleep 4714) & trap ': >asked' TERM; : >ready; "
                                   "until [ -e go ]; do sleep 0.01; done");
  ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "ready"); }));
  ASSERT_TRUE(eventually([] { return !processes_with("sleep 4714").empty(); })) << "deaf by now";
  sdk_client killer(daemon.port(), generation::b);
  killer.send(request_text("DELETE", "/api/process/p", nullptr, "X-Sandbox-Id: tests\r\n"));
  ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "asked"); }));
  b.output("s", ": >go");
  const auto is_there = fmt::format("kill -0 {} 2>/dev/null; echo $?", number);
  ASSERT_TRUE(eventually([&] { return b.output("s", is_there) == "1"; }));
  give_to_bystander(number);
  const auto deaf = processes_with("sleep 4714");
  ASSERT_EQ(deaf.size(), 1u) << "the kill is still going on";
  ASSERT_EQ(::kill(deaf.front().pid, SIGKILL), 0);
  EXPECT_EQ(killer.answer().status, 200);
  EXPECT_TRUE(bystander_lives());
}

} // namespace
} // namespace sandboxd::testing
