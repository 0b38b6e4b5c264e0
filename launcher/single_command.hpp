#pragma once

#include "launcher/session_process.hpp"
#include "launcher/shell_command.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::launcher {

/// What a command outside of any session needs.
struct single_command_options {
  std::string executable = "/bin/bash";
  /// "NAME=value" each; the whole environment. `shell_command::environment` comes on top.
  std::vector<std::string> environment;
  capture_limits capture;
  std::chrono::milliseconds kill_grace{5000};
};

/// Runs one command in a fresh `bash -c` below `init`, which serves nothing else. At its end, or when its
/// time is over, everything it started is ended with the init (`session_process::shut_down`). `events` as for
/// `shell::run`; the `ended` of an init that is lost is the caller's to see.
/// Must be called on `init->executor()`, after the init is ready.
void run_single_command(asio::io_context& io, const std::shared_ptr<session_process>& init,
                        const single_command_options& options, const shell_command& command,
                        command_events events);

} // namespace sandboxd::launcher
