#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sandboxd::bench {

/// Starts a server, waits for the line of its stdout that holds `http://ADDRESS:PORT`, gets one right answer
/// of
/// `/api/ping` there and ends the server's process group (SIGTERM, after `grace` SIGKILL).
/// Returns the time from the start of the process to that answer. Throws std::system_error when the command
/// cannot be started and std::runtime_error when no right answer comes within 30 s.
std::chrono::nanoseconds start_to_first_ping(const std::vector<std::string>& command,
                                             std::chrono::milliseconds grace);

} // namespace sandboxd::bench
