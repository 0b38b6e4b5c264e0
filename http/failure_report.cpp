#include "http/failure_report.hpp"

#include "http/error_table.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>

namespace sandboxd::http {

namespace {

using actors::error_code;

/// A command of tens of megabytes is not sent back twice in an error; its beginning identifies it.
std::string echo_of(std::string_view command) {
  constexpr std::size_t longest = 64u << 10;
  if (command.size() <= longest)
    return std::string(command);
  return fmt::format("{}... [{} bytes more]", command.substr(0, longest), command.size() - longest);
}

std::string exit_code_text(const actors::failure& reason) {
  return reason.exit_code ? std::to_string(*reason.exit_code) : "unknown";
}

std::string_view session_of(const actors::failure& reason, const failed_operation& operation) {
  return reason.session.empty() ? operation.session : std::string_view(reason.session);
}

/// HTTP.md 4.3, its table of errors and the line below.
std::string command_message(const actors::failure& reason, const failed_operation& operation) {
  if (operation.spoken == dialect::a)
    return reason.code == error_code::command_timeout ? "Command timeout: " + echo_of(operation.command)
                                                      : reason.message;
  if (operation.sessionless)
    return fmt::format("Failed to execute command '{}' in sessionless execution: {}",
                       echo_of(operation.command), reason.message);
  return fmt::format("Failed to execute command '{}' in session '{}': {}", echo_of(operation.command),
                     session_of(reason, operation), reason.message);
}

std::string message_for(const actors::failure& reason, const failed_operation& operation) {
  const std::string_view session = session_of(reason, operation);
  switch (reason.code) {
  case error_code::session_already_exists:
    return fmt::format("Session '{}' already exists", session);
  case error_code::session_not_found:
    return fmt::format("Session '{}' not found", session);
  case error_code::session_destroyed:
    return fmt::format("Session '{}' was destroyed during command execution", session);
  case error_code::session_terminated:
    return operation.spoken == dialect::a
               ? fmt::format("Control process exited with code {}", exit_code_text(reason))
               : fmt::format("Session '{}' shell exited (exit code: {}){}{}", session, exit_code_text(reason),
                             reason.detail.empty() ? "" : ". ", reason.detail);
  case error_code::command_execution_error:
  case error_code::command_timeout:
    return operation.command.empty() ? reason.message : command_message(reason, operation);
  case error_code::validation_failed:
  case error_code::invalid_command:
  case error_code::too_busy:
  case error_code::unavailable:
  case error_code::internal_error:
  case error_code::shutting_down:
  default: // those of files have words of their own
    break;
  }
  return reason.message;
}

std::string context_for(const actors::failure& reason, const failed_operation& operation) {
  json_writer context;
  const std::string_view session = session_of(reason, operation);
  switch (reason.code) {
  case error_code::validation_failed:
    return context.members(validation_errors_member({{reason.field, reason.message, "invalid_value"}}))
        .finish();
  case error_code::session_already_exists:
    context.text("sessionId", session);
    if (operation.placement_id.empty())
      context.null("containerPlacementId");
    else
      context.text("containerPlacementId", operation.placement_id);
    return context.finish();
  case error_code::session_not_found:
    return context.text("sessionId", session).text("originalError", "Session not found").finish();
  case error_code::session_destroyed:
    return context.text("sessionId", session).finish();
  case error_code::session_terminated:
    context.text("sessionId", session);
    if (reason.exit_code)
      context.number("exitCode", *reason.exit_code);
    else
      context.null("exitCode");
    return context.finish();
  case error_code::command_execution_error:
  case error_code::command_timeout:
    if (!operation.command.empty())
      context.text("command", echo_of(operation.command));
    return context.text("stderr", reason.message).finish();
  case error_code::unavailable:
  case error_code::shutting_down:
    return context
        .text("reason", reason.code == error_code::unavailable ? "container_starting" : "container_replaced")
        .boolean("retryable", true)
        .number("retryAfterMs", std::int64_t{1000} * entry_of(reason.code).retry_after_seconds)
        .finish();
  case error_code::invalid_command:
  case error_code::too_busy:
  case error_code::internal_error:
  default:
    break;
  }
  return context.finish();
}

/// An unknown session is the one failure that dialect A names itself instead of by the operation
/// (HTTP.md 4.3).
std::string a_text_for(const actors::failure& reason, const failed_operation& operation) {
  switch (reason.code) {
  case error_code::session_not_found:
  case error_code::validation_failed:
    return {};
  default:
    return std::string(operation.a_text);
  }
}

} // namespace

error_report report_failure(const actors::failure& reason, const failed_operation& operation) {
  const error_entry& entry = entry_of(reason.code);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.nominal_status(operation.spoken);
  report.message = message_for(reason, operation);
  report.context = context_for(reason, operation);
  actors::failure named = reason;
  named.session = session_of(reason, operation);
  report.suggestion = suggestion_for(named);
  report.a_text = a_text_for(reason, operation);
  report.retry_after_seconds = entry.retry_after_seconds;
  return report;
}

} // namespace sandboxd::http
