#pragma once

#include "actors/interfaces.hpp"
#include "launcher/shell_command.hpp"
#include "supervision/trace.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <sys/types.h>

namespace sandboxd::actors {

/// The command as the launcher wants it; `default_timeout` (zero: none) applies when the request brings none.
launcher::shell_command make_shell_command(const command_request& request,
                                           std::chrono::milliseconds default_timeout, bool live);

/// Events of the launcher that tell the observer of `command` its fate; `timeout` is the limit in force (as
/// in `shell_command`). A command whose session was `closed` meanwhile fails with `session_destroyed` where
/// it otherwise would with `session_terminated`. For its trace, `actor` and `process` name
/// the shell or init that runs it.
launcher::command_events relay_to(const run_command& command, std::chrono::milliseconds timeout,
                                  std::string session, std::shared_ptr<const std::atomic<bool>> closed,
                                  supervision::actor_path actor, pid_t process);

/// A failure of one command that neither the session nor the command itself is to blame for; `detail` goes to
/// the log.
failure command_failure(const std::string& session, std::string message, std::string detail);

/// A failure that concerns a session as a whole, with its public message.
failure session_failure(error_code code, const std::string& session);

} // namespace sandboxd::actors
