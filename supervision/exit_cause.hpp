#pragma once

#include <string>
#include <string_view>

namespace sandboxd::supervision {

/// Why an actor ended, in the classes Erlang/OTP distinguishes when it decides on a restart.
enum class exit_kind {
  normal,   ///< the work was done (`self->quit()`); OTP `normal`
  shutdown, ///< asked to stop, or stopped itself in good order; OTP `shutdown` and `{shutdown, Term}`
  killed,   ///< ended by force after its grace; OTP `killed`
  failure,  ///< everything else: an exception, an error as exit reason
};

/// The end of one actor: its class and, for people, its words.
struct exit_cause {
  exit_kind kind = exit_kind::normal;
  std::string text; ///< e.g. the exception's text; never empty for `failure`
};

/// "normal", "shutdown", "killed" or "failure".
std::string_view to_string(exit_kind kind) noexcept;

/// Class and text on one line: "failure: bad descriptor"; the class alone when there is no text.
std::string to_string(const exit_cause& cause);

} // namespace sandboxd::supervision
