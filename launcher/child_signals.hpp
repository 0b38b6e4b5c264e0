#pragma once

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sandboxd::launcher {

/// A descriptor (signalfd(2), close-on-exec, not blocking) that can be read when a child has ended, for as
/// long as the calling thread blocks that signal, as from now on it does. -1 and errno when there is none to
/// be had.
inline int open_child_signals() {
  ::signal(SIGCHLD, SIG_DFL); // ignored, it would discard wait statuses
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  return ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// Makes it unreadable until the next child ends.
inline void drain_signals(int child_signals) {
  signalfd_siginfo info;
  while (::read(child_signals, &info, sizeof(info)) == sizeof(info)) {
  }
}

} // namespace sandboxd::launcher
