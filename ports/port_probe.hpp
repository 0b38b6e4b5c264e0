#pragma once

#include "ports/socket_source.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sandboxd::ports {

/// How a service shows that it is ready (HTTP.md 8.3).
enum class probe_mode : std::uint8_t {
  tcp,  ///< it accepts connections
  http, ///< it answers a GET with a status in a range
};

struct probe_request {
  std::uint16_t port = 0;
  probe_mode mode = probe_mode::tcp;
  std::string path = "/"; ///< of the GET
  int least_status = 200;
  int greatest_status = 399;
};

struct probe_result {
  bool ready = false;
  std::optional<int> status; ///< of the last answer, when there was one
  std::string problem;       ///< why it is not ready
};

/// A probe takes no longer (HTTP.md 8.3).
inline constexpr std::chrono::seconds probe_timeout{5};

/// Asks the service, which is in the network of `sockets`, once. `done` is called exactly once, on a thread
/// of `context`, within `probe_timeout`. Redirects are followed while they stay on this host and port, at
/// most ten; else they are the answer.
void probe_port(asio::io_context& context, probe_request request, socket_source sockets,
                std::function<void(probe_result)> done);

} // namespace sandboxd::ports
