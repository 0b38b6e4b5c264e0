#include "http/execute_result.hpp"

#include "actors/errors.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>

#include <utility>

namespace sandboxd::http {

using actors::command_outcome;

shown_output show_output(std::shared_ptr<const actors::captured_output> captured, bool strip_final_newline,
                         std::string_view note) {
  shown_output shown;
  shown.text.length = captured->size();
  bool ends_a_line = captured->last_byte() == '\n' || captured->size() == 0;
  if (captured->dropped() > 0) {
    shown.truncated = true;
    shown.text.tail = fmt::format("\n[output truncated: {} bytes dropped]", captured->dropped());
    ends_a_line = false;
  } else if (strip_final_newline && captured->last_byte() == '\n') {
    --shown.text.length;
  }
  if (!note.empty())
    shown.text.tail.append(ends_a_line ? "" : "\n").append(note);
  shown.text.output = std::move(captured);
  return shown;
}

std::string limit_note(const command_outcome& outcome) {
  if (outcome.how == command_outcome::ending::timed_out)
    return fmt::format("Command timed out after {}ms", outcome.timeout.count());
  return std::string(outcome.out_of_memory ? actors::out_of_memory_note : "");
}

std::optional<actors::failure> failure_of(const command_outcome& outcome, const execute_request& wanted) {
  if (wanted.sessionless())
    return std::nullopt;
  actors::failure reason;
  reason.session = wanted.run.session;
  switch (outcome.how) {
  case command_outcome::ending::exited:
    return std::nullopt;
  case command_outcome::ending::shell_ended:
    // The client of dialect A has no way to recover from an error here, HTTP.md 4.4.
    if (wanted.spoken == dialect::a)
      return std::nullopt;
    reason.code = actors::error_code::session_terminated;
    reason.exit_code = outcome.exit_code;
    reason.detail = limit_note(outcome);
    return reason;
  case command_outcome::ending::timed_out:
    reason.code = actors::error_code::command_timeout;
    reason.message = fmt::format("Command timeout after {}ms", outcome.timeout.count());
    return reason;
  }
  return std::nullopt;
}

json_document result_document(const command_outcome& outcome, const execute_request& wanted,
                              std::string_view timestamp) {
  const bool in_a = wanted.spoken == dialect::a;
  const bool strips = !in_a && !wanted.sessionless();
  shown_output out = show_output(outcome.out, strips, "");
  shown_output err = show_output(outcome.err, strips, limit_note(outcome));

  json_document document;
  json_writer head;
  head.boolean("success", outcome.exit_code == 0).number("exitCode", outcome.exit_code);
  document.raw("{" + head.take_members() + ",\"stdout\":\"");
  document.text(std::move(out.text));
  document.raw("\",\"stderr\":\"");
  document.text(std::move(err.text));

  json_writer foot;
  if (out.truncated)
    foot.boolean("stdoutTruncated", true);
  if (err.truncated)
    foot.boolean("stderrTruncated", true);
  foot.text("command", wanted.run.command)
      .number("duration", in_a ? outcome.duration.count() : 0)
      .text("timestamp", timestamp);
  if (!in_a && wanted.session_named)
    foot.text("sessionId", wanted.run.session);
  document.raw("\"," + foot.take_members() + "}");
  return document;
}

} // namespace sandboxd::http
