#pragma once

#include "launcher/network_namespace.hpp"
#include "tests/process/daemon_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <unistd.h>

namespace sandboxd::testing {

/// Why workloads cannot have a network of their own here; nothing: they can.
inline std::optional<std::string> network_obstacle() {
  if (::geteuid() != 0)
    return "needs root, to make a network namespace";
  try {
    launcher::network_namespace::make();
  } catch (const std::exception& reason) {
    return std::string("no network namespace is to be had here: ") + reason.what();
  }
  return std::nullopt;
}

inline test_daemon::adjustment isolated_by(config::isolation_level level) {
  return [level](config::settings& s) {
    s.isolation.level = level;
    s.interpreter.python_program = "/usr/bin/python3";
  };
}

/// Starts a command in the background of session "server".
inline void start_server(sdk_client& sdk, const std::string& command) {
  const auto started = sdk.post("/api/process/start", {{"command", command}, {"sessionId", "server"}});
  ASSERT_EQ(started.status, 200) << started.body;
}

/// A program that answers each connection to 127.0.0.1 (or ::1) at `port` with "served", as HTTP.
inline std::string serving(std::uint16_t port, bool is_v6 = false) {
  return "exec python3 -c '\n"
         "import socket\n"
         "door = socket.create_server((\"" +
         std::string(is_v6 ? "::1" : "127.0.0.1") + "\", " + std::to_string(port) + "), family=socket." +
         (is_v6 ? "AF_INET6" : "AF_INET") +
         ")\n"
         "while True:\n"
         "  client, _ = door.accept()\n"
         "  if client.recv(4096):\n"
         "    client.sendall(b\"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: "
         "6\\r\\n\\r\\nserved\")\n"
         "  client.close()\n"
         "'";
}

/// Waits until something listens at the port in the network of workloads.
inline bool is_served(sdk_client& sdk, std::uint16_t port) {
  return eventually([&] {
    return sdk.post("/api/port-check", {{"port", port}, {"mode", "tcp"}}).body.value("ready", false);
  });
}

} // namespace sandboxd::testing
