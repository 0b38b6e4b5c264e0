#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace sandboxd::launcher {

class process_input;

/// Lets the receiver of a live command steer its flow. Callable from any thread; calls after the end are
/// ignored.
struct command_control {
  /// Allows `bytes` more bytes of output (both streams together) to be sent.
  std::function<void(std::size_t bytes)> grant;
  /// Nobody listens any more: the command goes on, its further output is dropped.
  std::function<void()> detach;
  /// Its number in its session; 0 for a command that runs in the shell itself.
  int process = 0;
  /// The same as this process sees it.
  int process_on_host = 0;
  /// Ends the command and all it has started, wherever that went (SIGTERM, after the kill grace SIGKILL), and
  /// calls `gone` when nothing of it is left, on the session's strand; at once when it is over already. Empty
  /// for a command that runs in the shell itself.
  std::function<void(std::function<void()> gone)> terminate;
  /// Its standard input; null when that is /dev/null.
  std::shared_ptr<process_input> input;
};

} // namespace sandboxd::launcher
