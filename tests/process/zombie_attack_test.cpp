#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"
#include "tests/process/workload_limits.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <ostream>
#include <signal.h>
#include <string>

/// Processes that have ended and that nobody waits for: each keeps its number.
namespace sandboxd::testing {
namespace {

constexpr std::size_t zombies = 200;

std::string negligence(std::size_t children) {
  return fmt::format("exec python3 " NEGLIGENT_PROGRAM " {}", children);
}

/// What comes over the process that is to wait for them.
struct occasion {
  const char* name;
  bool isolated;
  enum { by_request, by_timeout, with_session, with_init, with_daemon, with_context } how;
};
std::ostream& operator<<(std::ostream& to, const occasion& which) {
  return to << which.name;
}

constexpr occasion occasions[] = {
    {"by_request", true, occasion::by_request},
    {"by_request_not_isolated", false, occasion::by_request},
    {"by_timeout_of_its_command", true, occasion::by_timeout},
    {"by_timeout_of_its_command_not_isolated", false, occasion::by_timeout},
    {"with_its_session", true, occasion::with_session},
    {"with_its_session_not_isolated", false, occasion::with_session},
    {"with_its_init", true, occasion::with_init},
    {"with_its_init_not_isolated", false, occasion::with_init},
    {"with_the_daemon", true, occasion::with_daemon},
    {"with_the_daemon_not_isolated", false, occasion::with_daemon},
    {"with_its_context", true, occasion::with_context},
};

class zombie_attack : public daemon_test, public ::testing::WithParamInterface<occasion> {
protected:
  zombie_attack()
      : daemon_test([](config::settings& s) { s.interpreter.python_program = "/usr/bin/python3"; }) {}

  void SetUp() override {
    ASSERT_EQ(a.create("s", {{"isolation", GetParam().isolated}}).status, 200);
    if (GetParam().isolated && a.output("s", "echo $PPID") != "1\n")
      GTEST_SKIP() << "needs the privilege to make namespaces";
  }

  void begin() {
    if (GetParam().how == occasion::by_timeout)
      return b.begin("s", negligence(zombies), {{"timeoutMs", 3000}});
    if (GetParam().how == occasion::with_context) {
      const auto made = b.post("/api/contexts", {{"language", "python"}, {"cwd", "/tmp"}});
      ASSERT_EQ(made.status, 200) << made.body;
      name_ = made.body["id"];
      const auto code =
          fmt::format("import os\nfor n in range({}):\n  if os.fork() == 0:\n    os._exit(0)", zombies);
      printed_by_code(daemon.port(), name_, code);
      return;
    }
    const auto answer = a.post("/api/process/start", {{"command", negligence(zombies)}, {"sessionId", "s"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    name_ = answer.body["processId"];
  }
  void end_it() {
    switch (GetParam().how) {
    case occasion::by_request:
      EXPECT_EQ(a.request("DELETE", "/api/process/" + name_).status, 200);
      break;
    case occasion::with_session:
      EXPECT_EQ(a.remove("s").status, 200);
      break;
    case occasion::with_init:
      daemon.kill_process_of(daemon.tree_of("s") + "/init");
      break;
    case occasion::with_daemon:
      EXPECT_EQ(daemon.stop(), 0);
      break;
    case occasion::with_context:
      EXPECT_EQ(b.request("DELETE", "/api/contexts/" + name_).status, 200);
      break;
    case occasion::by_timeout:
      break; // comes by itself
    }
  }

private:
  std::string name_; // of the process or context
};
INSTANTIATE_TEST_SUITE_P(ends, zombie_attack, ::testing::ValuesIn(occasions), name_of_case());

TEST_P(zombie_attack, by_children_that_nobody_waits_for_leaves_none_behind) {
  {
    running_program naive({"python3", NEGLIGENT_PROGRAM, std::to_string(zombies)});
    ASSERT_EQ(naive.first_line(), std::to_string(zombies));
    ASSERT_TRUE(eventually([] { return count_zombies() == zombies + 1; }))
        << "with the process that had them";
    for (const auto& process : processes_below()) {
      if (process.state == 'Z') {
        ASSERT_EQ(::kill(process.pid, SIGKILL), 0);
      }
    }
    ASSERT_EQ(count_zombies(), zombies + 1) << "the attack works without the defence";
  }
  ASSERT_TRUE(eventually([] { return count_zombies() == 0; }));

  begin();
  ASSERT_TRUE(eventually([] { return count_zombies() >= zombies; }));
  end_it();
  EXPECT_TRUE(eventually([] { return count_zombies() == 0; })) << describe_processes_below();
  EXPECT_TRUE(processes_with(NEGLIGENT_PROGRAM).empty()) << "nor is there who did not wait";
}

class zombie_limit_attack : public ::testing::Test {
protected:
  static constexpr std::size_t processes = 48;

  void SetUp() override {
    if (const auto reason = why_not_limited(); !reason.empty())
      GTEST_SKIP() << reason;
  }
};

TEST_F(zombie_limit_attack, takes_no_processes_of_others) {
  for (const bool is_limited : {false, true}) {
    test_daemon daemon([=](config::settings& s) { s.isolation.processes = is_limited ? processes : 0; });
    sdk_client sdk(daemon.port(), generation::b);
    sdk.create("s");
    sdk.create("neighbour");
    sdk.post("/api/process/start",
             {{"command", negligence(3 * processes)}, {"sessionId", "s"}, {"processId", "p"}});
    std::string had;
    ASSERT_TRUE(eventually([&] {
      had = sdk.request("GET", "/api/process/p/logs").body.value("stdout", "");
      return had.ends_with('\n');
    }));
    EXPECT_EQ(std::stoul(had) < processes, is_limited) << "the attack works where there is no limit";
    EXPECT_EQ(sdk.output("neighbour", "echo $(echo here)"), "here");
    EXPECT_EQ(sdk.request("DELETE", "/api/process/p").status, 200);
    EXPECT_TRUE(eventually([] { return count_zombies() == 0; }));
    EXPECT_EQ(sdk.output("s", "echo $(echo here)"), "here") << "it has them back";
  }
}

} // namespace
} // namespace sandboxd::testing
