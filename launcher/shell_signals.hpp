#pragma once

#include <signal.h>

namespace sandboxd::launcher {

/// The signal that calls a session's shell back to its prompt. The shell traps it (`shell_script.hpp`); it is
/// a realtime signal that nothing else uses, so that no trap of the user is in its way.
inline int call_back_signal() {
  return SIGRTMAX - 3;
}

/// Its name for bash's `trap`.
inline constexpr const char* call_back_signal_name = "RTMAX-3";

} // namespace sandboxd::launcher
