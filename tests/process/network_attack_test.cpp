#include "launcher/descriptor.hpp"
#include "tests/process/git_world.hpp"
#include "tests/process/network_world.hpp"
#include "tests/support/small_service.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/// Workloads that would reach what listens on this machine, and the machine what listens in a sandbox: each
/// attack first succeeds where they share a network (`isolation.level = none`).
namespace sandboxd::testing {
namespace {

using config::isolation_level;

class network_attack : public ::testing::Test {
protected:
  void SetUp() override {
    if (const auto obstacle = network_obstacle())
      GTEST_SKIP() << *obstacle;
  }

  /// Answers every request with "machine".
  static void answer(service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nmachine");
  }

  static std::string fetch(const std::string& host, std::uint16_t port) {
    return fmt::format("curl -s -m 10 --noproxy \"*\" http://{}:{}/", host, port);
  }

  /// What a command prints, in a session that sees the processes of the machine or one that does not.
  static std::string output(isolation_level level, const std::string& command, bool is_isolated) {
    test_daemon daemon(isolated_by(level));
    sdk_client sdk(daemon.port(), generation::b);
    EXPECT_EQ(sdk.create("s", {{"isolation", is_isolated}}).status, 200);
    return sdk.output("s", command);
  }

  static void expect_contained(const std::string& command, const std::string& reached) {
    for (const bool is_isolated : {true, false}) {
      ASSERT_EQ(output(isolation_level::none, command, is_isolated), reached)
          << "the attack does not work undefended";
      EXPECT_EQ(output(isolation_level::strict, command, is_isolated), "");
    }
  }
};

TEST_F(network_attack, on_the_machines_loopback_reaches_no_service) {
  const small_service here(answer);
  const small_service here_6(answer, AF_INET6);
  expect_contained(fetch("127.0.0.1", here.port()), "machine");
  expect_contained(fetch("[::1]", here_6.port()), "machine");
}

TEST_F(network_attack, on_other_addresses_of_the_machine_reaches_no_service) {
  const auto all = shell("hostname -I");
  const auto own = all.substr(0, all.find_first_of(" \n"));
  if (own.empty() || own.find(':') != std::string::npos)
    GTEST_SKIP() << "this machine has no IPv4 address but those of the loopback";
  const small_service here(answer, own.c_str(), 0);
  expect_contained(fetch(own, here.port()), "machine");
}

TEST_F(network_attack, on_the_control_interface_reaches_nothing) {
  for (const auto level : {isolation_level::none, isolation_level::strict}) {
    test_daemon daemon(isolated_by(level)); // admits workloads
    sdk_client sdk(daemon.port(), generation::b);
    const auto status = sdk.output(
        "s", fmt::format("curl -s -o /dev/null -m 10 -w '%{{http_code}}' http://127.0.0.1:{}/api/ping",
                         daemon.port()));
    if (level == isolation_level::none) {
      ASSERT_EQ(status, "200") << "the attack does not work undefended";
    } else {
      EXPECT_EQ(status, "000");
    }
  }
}

/// Sockets whose names are in no file system belong to a network (unix(7)).
TEST_F(network_attack, on_an_abstract_socket_of_the_machine_reaches_nobody) {
  const auto name = fmt::format("sandboxd-test-{}", ::getpid());
  const launcher::descriptor door(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(::bind(door.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(door.get(), 8), 0);
  expect_contained(fmt::format("python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0{}\"); "
                               "print(\"connected\")' 2>/dev/null",
                               name),
                   "connected");
}

TEST_F(network_attack, by_the_namespace_of_another_process_leaves_its_own_not) {
  const small_service here(answer);
  const auto command = fmt::format("nsenter --net=/proc/{}/ns/net {} 2>/dev/null", ::getpid(),
                                   fetch("127.0.0.1", here.port()));
  ASSERT_EQ(shell(fmt::format("unshare --net {}", command)), "machine")
      << "the attack works without the defence";
  EXPECT_EQ(output(isolation_level::strict, command, false), "");
}

TEST_F(network_attack, from_the_machine_reaches_no_port_that_is_not_exposed) {
  for (const auto level : {isolation_level::none, isolation_level::strict}) {
    test_daemon daemon(isolated_by(level));
    sdk_client sdk(daemon.port(), generation::b);
    const auto port = free_port();
    start_server(sdk, serving(port));
    ASSERT_TRUE(is_served(sdk, port));
    const auto reached = shell(fetch("127.0.0.1", port) + " || :");
    if (level == isolation_level::none) {
      ASSERT_EQ(reached, "served") << "the attack does not work undefended";
      continue;
    }
    EXPECT_EQ(reached, "");
    const auto proxied = fmt::format("curl -s -m 10 http://127.0.0.1:{}/proxy/{}/", daemon.port(), port);
    EXPECT_NE(shell(proxied).find("PORT_NOT_EXPOSED"), std::string::npos);
    ASSERT_EQ(sdk.post("/api/expose-port", {{"port", port}, {"sessionId", "server"}}).status, 200);
    EXPECT_EQ(shell(proxied), "served");
    EXPECT_EQ(shell(fetch("127.0.0.1", port) + " || :"), "") << "by the proxy alone";
  }
}

} // namespace
} // namespace sandboxd::testing
