#pragma once

namespace sandboxd::launcher {

/// Descriptor on which the spawner finds its socket to the daemon.
inline constexpr int spawner_socket = 3;

/// The spawner: a single-threaded process whose only work is to fork inits when the daemon asks
/// (`protocol::spawn_request`). Runs until the daemon's end of `socket` is closed, then returns the exit
/// status. Must be called in a process without other threads.
int run_spawner(int socket);

} // namespace sandboxd::launcher
