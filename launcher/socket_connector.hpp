#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

/// What the kernel knows of the process that has connected to a Unix socket. System calls that do not wait;
/// any thread.
namespace sandboxd::launcher {

/// Whether this kernel holds on to that process (SO_PEERPIDFD, Linux 6.5), so that it cannot be taken for
/// another one that has got its number since.
[[nodiscard]] bool knows_connectors();

/// The text of the /proc/PID/cgroup of the process that called connect(2) for the other end of `socket`;
/// `number` is its own in SO_PEERCRED. Nothing when it has been reaped, is none that this process sees, or
/// the kernel does not tell. Throws std::system_error when this process has no descriptor or memory left to
/// ask.
[[nodiscard]] std::optional<std::string> groups_of_connector(int socket, pid_t number);

} // namespace sandboxd::launcher
