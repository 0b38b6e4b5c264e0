#pragma once

#include "supervision/exit_cause.hpp"

#include <caf/error.hpp>
#include <caf/make_message.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sandboxd::supervision {

/// Errors of this library: exit reasons of its actors (first group) and answers of supervisors (second
/// group). Numbers are fixed. Errors made by `make_supervision_error` carry one string: what happened, for
/// people.
enum class supervision_error : std::uint8_t {
  // Exit reasons.
  shutdown = 1,  ///< stopped itself in good order, with an explanation; counts as `exit_kind::shutdown`
  gave_up = 2,   ///< a supervisor restarted too often and stopped; counts as `exit_kind::shutdown`, as in OTP
  exception = 3, ///< an exception left a handler; the text is the exception's
  start_failed = 4,    ///< a child could not be started (also an answer)
  start_timed_out = 5, ///< a child did not confirm its start in time (also an answer)

  // Answers.
  not_found = 10,         ///< no child with this id
  already_started = 11,   ///< `start_child`: the id is running; the second value of the context is its handle
  already_present = 12,   ///< `start_child`: the id is known but not running; use `restart_child`
  running = 13,           ///< `restart_child`, `delete_child`: the child runs; stop it first
  restarting = 14,        ///< the child is between two incarnations; ask again
  dynamic_children = 15,  ///< `restart_child`, `delete_child` do not apply to dynamic children
  too_many_children = 16, ///< `start_child`: the supervisor's `max_children` is reached
  invalid_spec = 17,      ///< the child spec is not valid; the text names field and value
  stopping = 18,          ///< the supervisor is stopping and starts nothing any more
  stopped = 19,           ///< `get_child`: the child does not run and will not by itself; use `restart_child`
  temporary = 20,         ///< `renew_child`: the child is never started again
};

std::string_view to_string(supervision_error code) noexcept;

/// An error of this library with an explanation for people.
caf::error make_supervision_error(supervision_error code, std::string text);

/// Whether `reason` is `code`.
bool is(const caf::error& reason, supervision_error code) noexcept;

/// The exit reason by which a supervisor politely asks a child to stop (OTP `shutdown`). By default an actor
/// that receives it ends at once; one that has work to finish installs an exit handler (`set_exit_handler`)
/// and calls `self->quit(em.reason)` when done. At the end of the child's grace it is killed.
caf::error polite_exit();

/// Class and text of an exit reason. The empty error is `normal`; `user_shutdown`, `shutdown` and `gave_up`
/// are `shutdown`; `kill` is `killed`; everything else is a `failure`.
exit_cause classify(const caf::error& reason);

/// An error in words, whatever its category. Unlike CAF's `to_string` it names our codes and shows their
/// text.
std::string describe(const caf::error& reason);

} // namespace sandboxd::supervision

CAF_ERROR_CODE_ENUM(sandboxd::supervision::supervision_error, "superv")
