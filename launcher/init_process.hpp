#pragma once

#include "launcher/confinement.hpp"

namespace sandboxd::launcher {

/// The init of one session: parent of everything the session runs, directly or by adoption of orphans (PID 1
/// of the session's namespace, else a child subreaper). Starts programs, reaps all, reports exact wait
/// statuses, and stops what it is told to stop (`protocol::command`). When the daemon's end of `socket` is
/// closed it kills everything and returns the exit status.
///
/// `isolated`: whether this process is PID 1 of an own namespace; `isolation_error`: why not, 0 if nobody
/// asked. `limits`: of what it starts (`start_program`). Must be called in a process without other threads;
/// the spawner forks it.
int run_init(int socket, bool isolated, int isolation_error, const confinement* limits);

} // namespace sandboxd::launcher
