#pragma once

#include <cstddef>
#include <functional>

namespace sandboxd::launcher {

/// Lets the receiver of a live command steer its flow. Callable from any thread; calls after the end are
/// ignored.
struct command_control {
  /// Allows `bytes` more bytes of output (both streams together) to be sent.
  std::function<void(std::size_t bytes)> grant;
  /// Nobody listens any more: the command goes on, its further output is dropped.
  std::function<void()> detach;
};

} // namespace sandboxd::launcher
