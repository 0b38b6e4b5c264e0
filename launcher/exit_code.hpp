#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <sys/wait.h>

namespace sandboxd::launcher {

/// The shell's exit code for a wait status: 128 + signal number when a signal ended the process
/// (POSIX.1-2017, 2.8.2).
inline int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/// How a process with this wait status ended: "with exit code 3", "by signal 9 (Killed)".
inline std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status))
    return fmt::format("by signal {} ({})", WTERMSIG(wait_status), ::strsignal(WTERMSIG(wait_status)));
  return fmt::format("with exit code {}", WEXITSTATUS(wait_status));
}

} // namespace sandboxd::launcher
