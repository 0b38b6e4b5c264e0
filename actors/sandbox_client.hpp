#pragma once

#include "actors/messages.hpp"
#include "actors/reply.hpp"

#include <string>
#include <vector>

namespace sandboxd::actors {

/// The front door to the actors for code that is no actor (the HTTP handlers).
///
/// Every function returns at once, may be called from any thread, and answers through the reply or the
/// observer exactly once. The functions address whatever actor serves the sandbox at that moment; while it is
/// being restarted they answer `unavailable`.
class sandbox_client {
public:
  virtual ~sandbox_client() = default;

  /// Creates a session and waits until its shell takes commands.
  /// Errors: `session_already_exists`, `too_busy`, `command_execution_error`, `unavailable`, `shutting_down`.
  virtual void create_session(session_options options, if_exists existing, reply<session_created> done) = 0;

  /// The ids of all sessions, sorted.
  virtual void list_sessions(reply<std::vector<std::string>> done) = 0;

  /// Ends a session with everything it started; answers its id once the session takes no more commands.
  /// Commands that wait or run in it fail with `session_destroyed`.
  /// Errors: `session_not_found`.
  virtual void delete_session(std::string id, reply<std::string> done) = 0;

  /// Runs a command. Errors reach `observer.failed`: `session_not_found`, `session_destroyed`,
  /// `session_terminated`, `command_execution_error`, `too_busy`, `unavailable`, `shutting_down`.
  virtual void execute(command_request request, observer_handle observer) = 0;
};

} // namespace sandboxd::actors
