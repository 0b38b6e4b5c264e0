#pragma once

#include <sys/wait.h>

namespace sandboxd::launcher {

/// The shell's exit code for a wait status: 128 + signal number when a signal ended the process
/// (POSIX.1-2017, 2.8.2).
inline int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

} // namespace sandboxd::launcher
