#pragma once

#include "actors/messages.hpp"
#include "actors/reply.hpp"
#include "git/clone_exchange.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace sandboxd::actors {

/// A clone to make, in a session's namespaces, directory and environment.
struct checkout_request {
  std::string session;
  if_missing missing = if_missing::create;
  bool keep_after_restart = false;      ///< of a session that is made for it
  bool sessionless = false;             ///< outside of any session, in the workspace
  git::clone_order order;               ///< its schemes are set by whoever starts it
  std::chrono::milliseconds timeout{0}; ///< from now on, waiting for the session included
  std::string request_id;
};

/// Hears of the progress of a clone, in order, from the threads of actors; must not block.
using progress_sink = std::function<void(const git::clone_progress& progress)>;

/// The front door to clones for code that is no actor. Any thread; returns at once.
class git_client {
public:
  virtual ~git_client() = default;

  /// Clones. Answers the result as git would have given it, failures of git included, when nothing of the
  /// clone runs any more. Errors: `command_timeout`, `command_execution_error`, `too_busy`,
  /// `session_not_found`, `session_destroyed`, `session_terminated`, `unavailable`, `shutting_down`.
  ///
  /// What is returned calls the clone off: it is ended, what it has made removed, and an error answered. Any
  /// thread, also after the answer.
  virtual std::function<void()> checkout(checkout_request request, progress_sink on_progress,
                                         reply<git::clone_result> done) = 0;
};

} // namespace sandboxd::actors
