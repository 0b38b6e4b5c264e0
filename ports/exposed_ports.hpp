#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace sandboxd::ports {

/// What a client has said of a port it wants reached from outside.
struct exposed_port {
  std::uint16_t port = 0;
  std::string name; ///< empty: none
  std::chrono::system_clock::time_point exposed_at;
};

/// All of them, by number. A snapshot: never changed once others see it.
using exposed_ports = std::map<std::uint16_t, exposed_port>;

/// The port at which the SDK expects the control interface of every sandbox (HTTP.md 1.1). No service may
/// have it exposed, wherever this daemon listens.
inline constexpr std::uint16_t control_port = 3000;

} // namespace sandboxd::ports
