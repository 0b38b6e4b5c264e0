#pragma once

#include "launcher/captured_output.hpp"
#include "launcher/command_control.hpp"
#include "launcher/shell_script.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sandboxd::launcher {

/// One command for a shell.
struct shell_command {
  std::string text;
  /// Variables and directory for this command alone; empty: as the shell has them.
  shell_script::variables environment{};
  std::string directory{};
  /// Zero: no limit.
  std::chrono::milliseconds timeout{0};
  /// Whether output goes to `command_events::output` as it comes, or is collected in `command_result`.
  bool live = false;
  /// Of a fork: whether its standard input is a pipe (`command_control::input`) instead of /dev/null.
  bool with_input = false;
  /// Of a fork: whether it gets a control group of its own, where there are any (`shell_options::groups`).
  bool in_own_group = false;
};

/// How a command ended.
struct command_result {
  enum class ending : std::uint8_t {
    exited,      ///< `exit_code` is its status, 128 + signal number when a signal ended it
    shell_ended, ///< it took the shell with it; `exit_code` is the shell's
    timed_out,   ///< it is being terminated; `exit_code` is 124, as that of timeout(1)
    lost,        ///< the session's init is gone, nobody knows the status
    not_started, ///< `problem` says why
  };
  ending how = ending::exited;
  int exit_code = 0;
  /// It failed, and meanwhile the kernel has killed a process of its control group since there was no memory
  /// for it.
  bool out_of_memory = false;
  std::chrono::milliseconds duration{0};
  std::shared_ptr<const captured_output> out;
  std::shared_ptr<const captured_output> err;
  std::string problem;
};

/// Receives what becomes of one command, on the shell's strand. `finished` is the last call and always comes.
struct command_events {
  std::function<void(command_control control)> started;
  std::function<void(bool is_error_stream, std::string bytes)> output;
  std::function<void(command_result result)> finished;
};

} // namespace sandboxd::launcher
