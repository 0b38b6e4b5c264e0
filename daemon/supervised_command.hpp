#pragma once

#include "daemon/log.hpp"
#include "daemon/stop_request.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::daemon {

/// The image's CMD, which runs beside the server in a process group of its own (HTTP.md 16.2). Used by one
/// thread at a time, but for `wait_until_over`.
class supervised_command {
public:
  /// `ended(exit code)` is called when it has ended. `lines` must outlive it.
  supervised_command(log& lines, std::vector<std::string> arguments, bool raw_stdio,
                     std::function<void(int exit_code)> ended);

  /// Starts it, if there is one, with the daemon's environment and SANDBOX_STARTED=true. Its output is logged
  /// line by line at level debug, at most 4000 bytes a line and without escape sequences, or, when
  /// `raw_stdio`, goes where the daemon's does. A command that cannot be started has ended with 1.
  void start(asio::io_context& io);

  /// To be told about every child of the daemon that was reaped.
  void on_reaped(pid_t pid, int wait_status);

  /// Passes SIGTERM on; starts it no more. What its end leaves of its group is killed.
  void end();

  /// Kills its whole group.
  void kill() const noexcept;

  /// After `end`: waits until it has ended. Returns whether it did in time. Any thread.
  bool wait_until_over(std::chrono::steady_clock::time_point deadline) { return over_.wait_until(deadline); }

private:
  void spawn(asio::io_context& io);

  log& log_;
  const std::vector<std::string> arguments_;
  const bool raw_stdio_;
  const std::function<void(int)> ended_;
  pid_t pid_ = 0; // 0 = it does not run
  bool ending_ = false;
  flag over_; // it does not run and will not
};

} // namespace sandboxd::daemon
