#include "launcher/socket_connector.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"
#include "tests/process/workload_limits.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Workloads against the control interface, with which they share the loopback: each way to it first works
/// where they are admitted.
namespace sandboxd::testing {
namespace {

class control_attack : public ::testing::Test {
protected:
  void SetUp() override {
    if (const auto reason = why_not_marked(); !reason.empty())
      GTEST_SKIP() << reason;
  }

  /// The Unix socket of a daemon, in sight of its sessions.
  static std::string file_beside(const std::filesystem::path& workspace) {
    return workspace.parent_path() / "socket";
  }

  /// One at a time: they are one process.
  static test_daemon::adjustment settings(bool admit, const std::string& address = "127.0.0.1") {
    return [=](config::settings& s) {
      s.http.admit_workloads = admit;
      s.http.address = address;
      s.http.unix_socket = file_beside(s.sandbox.workspace);
      s.interpreter.python_program = "/usr/bin/python3";
    };
  }

  /// A command that prints the status of an answer, 000 where there is none.
  static std::string ping(std::uint16_t port, const std::string& host = "127.0.0.1") {
    return fmt::format("curl -s -o /dev/null -m 10 -w '%{{http_code}}' http://{}:{}/api/ping", host, port);
  }

  static std::string ping_by_file(const test_daemon& of) {
    return "curl -s -o /dev/null -m 10 -w '%{http_code}' --unix-socket " + file_beside(of.workspace()) +
           " http://sandbox/api/ping";
  }

  static std::string output(test_daemon& of, const std::string& command, bool isolated = true) {
    sdk_client sdk(of.port(), generation::b);
    const std::string session = isolated ? "isolated" : "open";
    sdk.create(session, {{"isolation", isolated}}); // or it is there already
    return sdk.output(session, command);
  }

  /// What the command prints in a background process and in a code context.
  static void expect_of_others(test_daemon& of, const std::string& command, const std::string& expected) {
    sdk_client sdk(of.port(), generation::b);
    const json order{{"command", command}, {"processId", "p"}, {"sessionId", "s"}};
    ASSERT_EQ(sdk.post("/api/process/start", order).status, 200);
    EXPECT_TRUE(eventually([&] {
      return sdk.request("GET", "/api/process/p/logs").body.value("stdout", "") == expected + "\n";
    }));
    const auto made = sdk.post("/api/contexts", {{"language", "python"}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(printed_by_code(of.port(), made.body.at("id"),
                              "import os; os.system(" + json(command).dump() + "); None"),
              expected);
  }
};

TEST_F(control_attack, from_a_session_is_refused) {
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    for (const bool isolated : {true, false})
      ASSERT_EQ(output(daemon, ping(daemon.port()), isolated), admit ? "200" : "403");
  }
}

TEST_F(control_attack, by_the_unix_socket_from_a_session_is_refused) {
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    for (const bool isolated : {true, false})
      ASSERT_EQ(output(daemon, ping_by_file(daemon), isolated), admit ? "200" : "403");
  }
}

TEST_F(control_attack, by_the_unix_socket_from_a_background_process_or_a_code_context_is_refused) {
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    expect_of_others(daemon, ping_by_file(daemon), admit ? "200" : "403");
  }
}

/// Its number may be that of a client soon.
TEST_F(control_attack, by_a_connection_of_a_process_that_is_gone_is_refused) {
  constexpr const char* script = R"(
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
child = os.fork()
if child == 0:
    s.connect(sys.argv[1])
    os._exit(0)
os.waitpid(child, 0)
s.sendall(b'GET /api/ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
print(s.recv(12).decode()[9:], end='')
)";
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    std::ofstream(daemon.workspace() / "attack.py") << script;
    const auto attack = "python3 attack.py " + file_beside(daemon.workspace());
    for (const bool isolated : {true, false})
      ASSERT_EQ(output(daemon, attack, isolated), admit ? "200" : "403");
  }
}

TEST_F(control_attack, by_every_address_of_this_machine_is_refused) {
  std::vector<std::string> addresses{"127.0.0.1", "127.8.9.10", "0.0.0.0", "[::1]", "[::]"};
  {
    test_daemon open(settings(true, "::"));
    const auto own = output(open, "hostname -I");
    addresses.push_back(own.substr(0, own.find_first_of(" \n")));
    std::erase_if(addresses, [&](const auto& one) { // this machine has none of these
      return one.empty() || output(open, ping(open.port(), one)) != "200";
    });
  }
  EXPECT_GE(addresses.size(), 3u);
  test_daemon closed(settings(false, "::"));
  for (const auto& one : addresses)
    EXPECT_EQ(output(closed, ping(closed.port(), one)), "403") << one;
}

TEST_F(control_attack, from_a_background_process_or_a_code_context_is_refused) {
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    expect_of_others(daemon, ping(daemon.port()), admit ? "200" : "403");
  }
}

/// Leaves for the root of every hierarchy that is there.
constexpr const char* leave =
    "for m in $(awk '$3 == \"cgroup2\" {print $2}' /proc/mounts); do echo $$ >$m/cgroup.procs; done\n";

TEST_F(control_attack, out_of_another_group_is_refused) {
  test_daemon daemon(settings(false));
  // Without our mounts it leaves.
  const auto script = daemon.workspace() / "leave";
  std::ofstream(script) << "set -e\nm=$(awk '$3 == \"cgroup2\" {print $2}' /proc/mounts | tail -1)\n"
                           "mkdir $m/attack\ntrap 'rmdir $m/attack' EXIT\necho $$ >$m/attack/cgroup.procs\n"
                           "grep -q '^0::.*/attack$' /proc/self/cgroup\n"
                        << leave << "! grep -q '^0::.*/attack$' /proc/self/cgroup && touch "
                        << daemon.workspace() / "left";
  [[maybe_unused]] const int status = std::system(("bash " + script.string()).c_str()); // the daemon's, too
  ASSERT_TRUE(exists(daemon.workspace() / "left")) << "the attack does not work undefended";
  for (const bool isolated : {true, false})
    EXPECT_EQ(output(daemon, leave + ping(daemon.port()), isolated), "403");
}

TEST_F(control_attack, by_a_connection_that_is_closed_at_once_does_nothing) {
  const std::string body = R"({"path":"made","content":"x"})";
  for (const bool admit : {true, false}) {
    test_daemon daemon(settings(admit));
    output(daemon, fmt::format("for i in 1 2 3 4 5; do printf 'POST /api/write HTTP/1.1\\r\\nHost: a\\r\\n"
                               "Content-Length: {}\\r\\n\\r\\n{}' >/dev/tcp/127.0.0.1/{}; done",
                               body.size(), body, daemon.port()));
    const auto made = [&] { return std::filesystem::exists(daemon.workspace() / "made"); };
    if (admit) {
      ASSERT_TRUE(eventually(made));
    }
    sdk_client sdk(daemon.port(), generation::b);
    for (int i = 0; i < 20; ++i) // whatever came before is over by then
      EXPECT_EQ(sdk.request("GET", "/api/ping").status, 200);
    EXPECT_EQ(made(), admit);
  }
}

using unix_client = control_attack;

TEST_F(unix_client, is_served_where_workloads_are_refused) {
  if (!launcher::knows_connectors())
    GTEST_SKIP() << "it takes Linux 6.5 to tell clients of the Unix socket from workloads";
  test_daemon daemon(settings(false));
  const auto file = file_beside(daemon.workspace());
  EXPECT_THAT(shell("curl -s --unix-socket " + file + " http://sandbox/api/ping"),
              ::testing::HasSubstr("\"pong\""));
  EXPECT_EQ(raw_client(std::filesystem::path(file))
                .exchange("GET /api/ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .status,
            200);
  daemon.stop();
  EXPECT_FALSE(std::filesystem::exists(file));
}

} // namespace
} // namespace sandboxd::testing
