#pragma once

#include "daemon/log.hpp"

#include <asio/io_context.hpp>

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::daemon {

/// The image's CMD, which runs beside the server (HTTP.md 16.2). Its exit is seen by the reaper.
class supervised_command {
public:
  /// Starts it with the daemon's environment and SANDBOX_STARTED=true. Its output is logged line by line at
  /// level debug, at most 4000 characters a line, unless `raw_stdio`: then it has the daemon's streams.
  /// Throws std::system_error when it cannot be started.
  static supervised_command start(asio::io_context& io, log& lines, const std::vector<std::string>& arguments,
                                  bool raw_stdio);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Passes a signal on.
  void signal(int number) const noexcept;

private:
  explicit supervised_command(pid_t pid) : pid_(pid) {}

  pid_t pid_;
};

} // namespace sandboxd::daemon
