#include "http/execute_request.hpp"

#include "actors/errors.hpp"
#include "http/error_table.hpp"
#include "http/json_fields.hpp"
#include "http/json_writer.hpp"
#include "http/request_session.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sandboxd::http {

namespace {

using actors::if_missing;
using actors::run_mode;

error_report invalid_command(std::string message) {
  const error_entry& entry = entry_of(actors::error_code::invalid_command);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message = std::move(message);
  return report;
}

/// Dialect A: `id` and `command`, both required (HTTP.md 4.3).
void read_session_of_a(field_reader& fields, const std::optional<std::string>& command,
                       execute_request& wanted) {
  std::optional<std::string> id = fields.text("id");
  const std::string missing = "Session ID and command are required";
  if (fields.errors().empty() && (!id || id->empty()))
    fields.reject("id", missing, "required");
  if (fields.errors().empty() && (!command || command->empty()))
    fields.reject("command", missing, "required");
  wanted.run.session = std::move(id).value_or("");
  if (fields.errors().empty())
    fields.check_session_id("id", wanted.run.session);
  wanted.session_named = true;
  wanted.run.keep_after_restart = true;
  wanted.run.missing = is_default_session_of_a(wanted.run.session) ? if_missing::create : if_missing::refuse;
}

void read_session_of_b(const request& sent, field_reader& fields, execute_request& wanted) {
  std::optional<std::string> id = fields.text("sessionId");
  if (!id || id->empty())
    id = session_outside_body(sent);
  wanted.session_named = id.has_value();
  wanted.run.session = id ? std::move(*id) : std::string(default_session);
  wanted.run.missing = if_missing::create;
  fields.check_session_id("sessionId", wanted.run.session);
}

run_mode mode_for(const execute_request& wanted, execute_kind kind) {
  if (wanted.spoken != dialect::a && wanted.run.session == sessionless_token)
    return run_mode::sessionless;
  return kind == execute_kind::stream && wanted.spoken != dialect::a ? run_mode::forked
                                                                     : run_mode::foreground;
}

} // namespace

std::variant<execute_request, error_report> read_execute_request(const request& sent,
                                                                 nlohmann::ordered_json& body, dialect spoken,
                                                                 execute_kind kind,
                                                                 const config::settings& settings) {
  field_reader fields(body);
  execute_request wanted;
  wanted.spoken = spoken;
  wanted.run.request_id = sent.id;

  std::optional<std::string> command = fields.text("command");
  wanted.run.timeout = fields.milliseconds("timeoutMs");
  wanted.run.env = fields.environment("env");
  wanted.run.cwd = fields.text("cwd").value_or("");
  if (fields.boolean("background").value_or(false))
    fields.reject("background", "This server does not start background processes through execute");
  if (command && command->size() > settings.session.max_command_bytes)
    fields.reject("command",
                  "command is longer than " + std::to_string(settings.session.max_command_bytes) + " bytes");

  if (spoken == dialect::a)
    read_session_of_a(fields, command, wanted);
  else
    read_session_of_b(sent, fields, wanted);
  wanted.run.mode = mode_for(wanted, kind);
  // A session's shell takes variables of any size, but here bash itself is started with them.
  if (wanted.sessionless())
    fields.check_variable_sizes("env", wanted.run.env);

  if (!fields.errors().empty())
    return validation_report(fields.errors());
  if (!command)
    return invalid_command("Invalid command: no command provided");
  if (kind == execute_kind::stream && spoken != dialect::a && is_blank(*command))
    return invalid_command("Invalid command: empty command provided");

  wanted.run.command = std::move(*command);
  return wanted;
}

} // namespace sandboxd::http
