#include "tests/process/git_world.hpp"
#include "tests/process/network_world.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

/// The network that all workloads of a daemon share at `isolation.level = strict`.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

/// Prints the number of the network that the process which runs it is in.
const std::string show_network = "readlink /proc/self/ns/net";

/// What it prints for this process.
std::string own_network() {
  return std::filesystem::read_symlink("/proc/self/ns/net").string();
}

class network_of_workloads : public daemon_test {
protected:
  network_of_workloads()
      : daemon_test(network_obstacle() ? test_daemon::adjustment()
                                       : isolated_by(config::isolation_level::strict)) {}

  void SetUp() override {
    if (const auto obstacle = network_obstacle())
      GTEST_SKIP() << *obstacle;
    ASSERT_EQ(b.create("server").status, 200);
    network = b.output("server", show_network);
    ASSERT_THAT(network, HasSubstr("net:["));
    ASSERT_NE(network, own_network());
  }

  std::string printed_by(const std::string& language, const std::string& code) {
    const auto made = b.post("/api/contexts", {{"language", language}, {"cwd", "/tmp"}});
    EXPECT_EQ(made.status, 200) << made.body;
    return printed_by_code(daemon.port(), made.body.at("id"), code);
  }

  json_answer expose(std::uint16_t port) {
    return b.post("/api/expose-port", {{"port", port}, {"sessionId", "server"}});
  }

  [[nodiscard]] std::string get(std::uint16_t port) const {
    return "GET /proxy/" + std::to_string(port) + "/ HTTP/1.1\r\nHost: a\r\n";
  }

  std::string network; // as `show_network` prints it
};

TEST_F(network_of_workloads, is_one_for_all_of_them) {
  ASSERT_EQ(b.create("open", {{"isolation", false}}).status, 200);
  EXPECT_EQ(b.output("other", show_network), network);
  EXPECT_EQ(b.output("open", show_network), network);
  EXPECT_EQ(b.output("__DISABLE_SESSION__", show_network), network + "\n");
  EXPECT_EQ(text_of(b.stream("other", show_network).rest(), "stdout"), network + "\n");
  ASSERT_EQ(
      b.post("/api/process/start", {{"command", show_network}, {"sessionId", "other"}, {"processId", "p"}})
          .status,
      200);
  EXPECT_TRUE(eventually([&] {
    return b.request("GET", "/api/process/p/logs").body.value("stdout", "") == network + "\n";
  })) << b.request("GET", "/api/process/p/logs").body;
  EXPECT_EQ(printed_by("python", "import os; print(os.readlink('/proc/self/ns/net'), end='')"), network);
  EXPECT_EQ(printed_by("javascript", "process.stdout.write(require('fs').readlinkSync('/proc/self/ns/net')); "
                                     "undefined"),
            network);
}

TEST_F(network_of_workloads, has_the_loopback_alone) {
  EXPECT_EQ(b.output("server", "cut -f1 /proc/net/route"), "Iface") << "no route";
  EXPECT_EQ(b.output("server", "awk '{print $6}' /proc/net/if_inet6 | sort -u"), "lo");
  EXPECT_NE(b.execute("server", "curl -s -m 10 --noproxy '*' http://192.0.2.1/").body.at("exitCode"), 0);
}

TEST_F(network_of_workloads, is_that_in_which_sessions_serve_each_other) {
  for (const bool is_v6 : {false, true}) {
    const auto port = free_port();
    start_server(b, serving(port, is_v6));
    ASSERT_TRUE(is_served(b, port));
    EXPECT_EQ(b.output("other", "curl -s --noproxy '*' http://" + std::string(is_v6 ? "[::1]" : "127.0.0.1") +
                                    ":" + std::to_string(port) + "/"),
              "served");
  }
}

TEST_F(network_of_workloads, is_reached_through_the_proxy_and_by_waits_for_services) {
  for (const bool is_v6 : {false, true}) {
    const auto port = free_port();
    event_stream events(daemon.port(), request_text("POST", "/api/port-watch",
                                                    {{"port", port}, {"mode", "http"}, {"interval", 100}}));
    EXPECT_EQ(events.next(), json({{"type", "watching"}, {"port", port}}));
    start_server(b, serving(port, is_v6));
    EXPECT_EQ(events.next(), json({{"type", "ready"}, {"port", port}, {"statusCode", 200}}));
    EXPECT_EQ(raw_client(daemon.port()).exchange(get(port) + "\r\n").status, 404);
    ASSERT_EQ(expose(port).status, 200);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(raw_client(daemon.port()).exchange(get(port) + "\r\n").body, "served");
  }
}

/// Of a service that keeps its connection, which is used again.
TEST_F(network_of_workloads, keeps_connections_to_services) {
  const auto port = free_port();
  start_server(b, "exec python3 -c '\n"
                  "import socket\n"
                  "door = socket.create_server((\"127.0.0.1\", " +
                      std::to_string(port) +
                      "))\n"
                      "connections = 0\n"
                      "while True:\n"
                      "  client, _ = door.accept()\n"
                      "  connections += 1\n"
                      "  while client.recv(4096):\n"
                      "    text = str(connections).encode()\n"
                      "    client.sendall(b\"HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\n\\r\\n\" + text)\n"
                      "'");
  ASSERT_TRUE(is_served(b, port)); // connection 1
  ASSERT_EQ(expose(port).status, 200);
  raw_client client(daemon.port());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.exchange(get(port) + "\r\n").body, "2");
}

TEST_F(network_of_workloads, is_reached_by_an_upgrade_to_another_protocol) {
  const auto port = free_port();
  start_server(b, "exec python3 -c '\n"
                  "import socket\n"
                  "door = socket.create_server((\"127.0.0.1\", " +
                      std::to_string(port) +
                      "))\n"
                      "while True:\n"
                      "  client, _ = door.accept()\n"
                      "  if client.recv(4096):\n"
                      "    client.sendall(b\"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\n"
                      "Upgrade: websocket\\r\\n\\r\\n\")\n"
                      "    client.sendall(client.recv(4096).upper())\n"
                      "  client.close()\n"
                      "'");
  ASSERT_TRUE(is_served(b, port));
  ASSERT_EQ(expose(port).status, 200);
  raw_client client(daemon.port());
  client.send(get(port) + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr(" 101 "));
  client.send("hello");
  EXPECT_EQ(client.read_to_end(), "HELLO");
}

TEST_F(network_of_workloads, outlives_the_spawner) {
  const auto port = free_port();
  start_server(b, serving(port));
  ASSERT_TRUE(is_served(b, port));
  for (int i = 0; i < 2; ++i) {
    const std::string launcher = "/root/sandbox/launcher";
    const auto killed = daemon.kill_process_of(launcher);
    ASSERT_TRUE(eventually([&] {
      const auto now = daemon.process_of(launcher);
      return now != 0 && now != killed;
    }));
    const auto session = "after" + std::to_string(i);
    ASSERT_EQ(b.create(session).status, 200);
    EXPECT_EQ(b.output(session, show_network), network);
    EXPECT_EQ(b.output(session, "curl -s --noproxy '*' http://127.0.0.1:" + std::to_string(port) + "/"),
              "served");
  }
}

TEST_F(network_of_workloads, makes_clones_from_elsewhere_fail_with_a_typed_error_at_once) {
  b.output("server", "unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY");
  for (const std::string url : {"http://192.0.2.1/x.git", "https://192.0.2.1/x.git", "git://192.0.2.1/x.git",
                                "http://somewhere.invalid/x.git"}) {
    const auto answer =
        b.post("/api/git/checkout", {{"repoUrl", url}, {"sessionId", "server"}, {"targetDir", "clone"}});
    EXPECT_EQ(answer.body.value("code", ""), "GIT_OPERATION_FAILED") << url << answer.body;
    EXPECT_EQ(answer.body["context"].value("cause", ""), "network") << url << answer.body;
    EXPECT_FALSE(exists(daemon.workspace() / "clone"));
  }
}

/// Everything that holds a network namespace open, as the kernel shows it: threads and descriptors.
std::vector<std::string> holders_of(const std::string& network) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code ignored; // who ends meanwhile holds nothing
  for (const auto& process : fs::directory_iterator("/proc")) {
    const auto add = [&](const fs::path& link) {
      if (fs::read_symlink(link, ignored) == network)
        found.push_back(link);
    };
    for (fs::directory_iterator thread(process.path() / "task", ignored), end; thread != end;
         thread.increment(ignored))
      add(thread->path() / "ns/net");
    for (fs::directory_iterator file(process.path() / "fd", ignored), end; file != end;
         file.increment(ignored))
      add(file->path());
  }
  return found;
}

TEST(network_of_a_daemon, is_its_own_and_ends_with_it) {
  if (const auto obstacle = network_obstacle())
    GTEST_SKIP() << *obstacle;
  std::string first;
  for (int i = 0; i < 2; ++i) {
    test_daemon daemon(isolated_by(config::isolation_level::strict));
    sdk_client sdk(daemon.port(), generation::b);
    const auto network = sdk.output("s", show_network);
    EXPECT_NE(network, own_network());
    EXPECT_FALSE(holders_of(network).empty());
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_TRUE(eventually([&] { return holders_of(network).empty(); }))
        << ::testing::PrintToString(holders_of(network));
  }
}

TEST(network_of_a_daemon, is_needed_to_start) {
  if (const auto obstacle = network_obstacle())
    GTEST_SKIP() << *obstacle;
  const scratch_directory directory;
  const auto told =
      shell("! setpriv --bounding-set -sys_admin " SANDBOXD_BINARY
            " --isolation.level=strict --http.port=0 --sandbox.workspace=" +
            directory.path() + "/w --sandbox.runtime-directory=" + directory.path() + "/r 2>&1");
  EXPECT_THAT(told,
              HasSubstr("sandboxd: isolation.level = strict: workloads get no network of their own, which "
                        "takes CAP_SYS_ADMIN and CAP_NET_ADMIN: make a network namespace: Operation not "
                        "permitted"));
}

} // namespace
} // namespace sandboxd::testing
