#pragma once

#include "launcher/confinement.hpp"

namespace sandboxd::launcher {

struct init_options {
  int socket = -1; ///< its end of the one to the daemon
  /// What the kernel counts of lack of memory (`protocol::event_kind::hello`); -1: nothing.
  int memory_events = -1;
  bool isolated = false;               ///< this process is PID 1 of a namespace of its own
  int isolation_error = 0;             ///< why not; 0 if nobody asked
  const confinement* limits = nullptr; ///< of what it starts (`start_program`)
};

/// The init of one session: parent of everything the session runs, directly or by adoption of orphans (PID 1
/// of the session's namespace, else a child subreaper). Starts programs, reaps all, reports exact wait
/// statuses, and stops what it is told to stop (`protocol::command`). When the daemon's end of the socket is
/// closed it kills everything and returns the exit status. Must be called in a process without other threads;
/// the spawner forks it.
int run_init(const init_options& how);

} // namespace sandboxd::launcher
