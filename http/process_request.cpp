#include "http/process_request.hpp"

#include "actors/errors.hpp"
#include "http/base64.hpp"
#include "http/error_table.hpp"
#include "http/json_fields.hpp"
#include "http/json_writer.hpp"
#include "http/request_session.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace sandboxd::http {

namespace {

error_report no_command(dialect spoken) {
  if (spoken == dialect::a)
    return validation_report({{"command", "Command is required and must be a string", "required"}});
  const error_entry& entry = entry_of(actors::error_code::invalid_command);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message = "Invalid command: empty command provided";
  return report;
}

/// The forms of HTTP.md 5.1.
std::string new_id(dialect spoken, std::chrono::system_clock::time_point now, std::uint64_t random) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  if (spoken == dialect::a)
    return fmt::format("proc_{}_{:012x}", milliseconds, random & 0xFFFF'FFFF'FFFFu);
  std::string suffix;
  for (int i = 0; i < 6; ++i, random /= 36)
    suffix += "0123456789abcdefghijklmnopqrstuvwxyz"[random % 36];
  return fmt::format("proc_{}_{}", milliseconds, suffix);
}

} // namespace

std::variant<actors::process_request, error_report>
read_process_request(const request& sent, nlohmann::ordered_json& body, dialect spoken,
                     std::size_t max_command_bytes, std::chrono::system_clock::time_point now,
                     std::uint64_t random) {
  field_reader fields(body);
  actors::process_request wanted;
  wanted.request_id = sent.id;
  auto command = fields.text("command");
  auto [session, missing] = read_session(sent, fields, spoken);
  wanted.session = std::move(session);
  wanted.missing = missing;
  wanted.keep_after_restart = spoken == dialect::a;

  nlohmann::ordered_json none = nlohmann::ordered_json::object();
  const auto given = body.find("options");
  const bool nested = spoken == dialect::a;
  if (nested && given != body.end() && !given->is_object() && !given->is_null())
    fields.reject("options", "options must be an object", "invalid_type");
  field_reader options(!nested ? body : given != body.end() && given->is_object() ? *given : none);
  auto id = options.text("processId");
  wanted.timeout = options.milliseconds(nested ? "timeout" : "timeoutMs");
  wanted.env = options.environment("env");
  wanted.cwd = options.text("cwd").value_or("");
  wanted.with_input = options.boolean("stdin").value_or(false);
  if (id && (id->empty() || id->size() > max_process_id_bytes))
    options.reject("processId", fmt::format("processId must have 1 to {} bytes", max_process_id_bytes));
  if (command && command->size() > max_command_bytes)
    fields.reject("command", fmt::format("command is longer than {} bytes", max_command_bytes));

  auto errors = fields.errors();
  errors.insert(errors.end(), options.errors().begin(), options.errors().end());
  const bool is_missing = !command || is_blank(*command);
  if (!errors.empty() && !(spoken == dialect::a && is_missing && errors.front().field == "command"))
    return validation_report(errors);
  if (is_missing)
    return no_command(spoken);
  wanted.id = id ? std::move(*id) : new_id(spoken, now, random);
  wanted.command = std::move(*command);
  return wanted;
}

std::variant<process_input_request, error_report> read_process_input(nlohmann::ordered_json& body) {
  field_reader fields(body);
  process_input_request wanted;
  const auto encoding = fields.text("encoding").value_or("utf8");
  wanted.close = fields.boolean("close").value_or(false);
  // Unlike a path or a variable it may hold NUL.
  if (const auto data = body.find("data"); data != body.end() && !data->is_null()) {
    if (!data->is_string())
      fields.reject("data", "data must be a string", "invalid_type");
    else
      wanted.bytes = std::move(data->get_ref<std::string&>());
  } else if (!wanted.close) {
    fields.reject("data", "data is needed, or close", "required");
  }
  if (encoding == "base64") {
    if (auto decoded = decode_base64(wanted.bytes))
      wanted.bytes = std::move(*decoded);
    else
      fields.reject("data", "data is no base64");
  } else if (encoding != "utf8" && encoding != "utf-8") {
    fields.reject("encoding", "encoding must be \"utf8\" or \"base64\"");
  }
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return wanted;
}

} // namespace sandboxd::http
