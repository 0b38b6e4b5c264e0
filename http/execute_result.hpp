#pragma once

#include "actors/messages.hpp"
#include "http/execute_request.hpp"
#include "http/json_document.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// What is shown of one captured stream.
struct shown_output {
  captured_text text;
  /// Whether output was lost at the hard bound; the text then ends with a mark that says how much.
  bool truncated = false;
};

/// Prepares a captured stream for a unary answer: dialect B drops exactly one final newline of a command in a
/// session (HTTP.md 4.4); everything else stays as it was. `note` is a line to append, or empty.
[[nodiscard]] shown_output show_output(std::shared_ptr<const actors::captured_output> captured,
                                       bool strip_final_newline, std::string_view note);

/// The failure a unary answer reports for this end of the command, or nothing when it is a result
/// (HTTP.md 4.3, 4.5).
[[nodiscard]] std::optional<actors::failure> failure_of(const actors::command_outcome& outcome,
                                                        const execute_request& wanted);

/// The body of a unary answer in the request's dialect (HTTP.md 4.3).
[[nodiscard]] json_document result_document(const actors::command_outcome& outcome,
                                            const execute_request& wanted, std::string_view timestamp);

/// The line that tells of an exceeded limit, for example `Command timed out after 300ms`; empty when none
/// was.
[[nodiscard]] std::string limit_note(const actors::command_outcome& outcome);

} // namespace sandboxd::http
