#include "http/session_request.hpp"

#include "actors/errors.hpp"
#include "http/execute_request.hpp"
#include "http/failure_report.hpp"
#include "http/json_fields.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace sandboxd::http {

namespace {

void check_id(field_reader& fields, const std::string& field, const std::string& id) {
  if (id == sessionless_token)
    fields.reject(field, fmt::format("Session ID '{}' is reserved for internal use", sessionless_token));
  else
    fields.check_session_id(field, id);
}

/// Dialect A answers 500 here, not 400 (HTTP.md 4.1).
error_report relative_directory(const std::string& cwd) {
  actors::failure reason;
  reason.message = fmt::format("cwd must be an absolute path starting with '/', got: {}", cwd);
  failed_operation operation;
  operation.spoken = dialect::a;
  operation.a_text = "Failed to create session";
  return report_failure(reason, operation);
}

} // namespace

std::variant<actors::session_options, error_report>
read_session_options(nlohmann::ordered_json& body, dialect spoken, const config::settings& settings,
                     std::chrono::system_clock::time_point now, std::uint64_t random) {
  field_reader fields(body);
  actors::session_options options;
  std::optional<std::string> id = fields.text("id");
  options.env = fields.environment("env");
  fields.check_variable_sizes("env", options.env);
  options.cwd = fields.text("cwd").value_or("");
  options.isolate = fields.boolean("isolation").value_or(true);
  if (!options.isolate && settings.network.egress != config::network_egress::open)
    fields.reject("isolation",
                  "A session without isolation is not available where network.egress is limited");
  options.command_timeout = fields.milliseconds("commandTimeoutMs");
  // Only clients of dialect B rely on the loss of the environment (HTTP.md 4.4).
  options.keep_after_restart = spoken != dialect::b;

  if (id && !id->empty()) {
    check_id(fields, "id", *id);
    options.id = std::move(*id);
  } else if (spoken == dialect::a && fields.errors().empty()) {
    fields.reject("id", "Session ID is required", "required");
  } else {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    options.id = fmt::format("session_{}_{:012x}", milliseconds.count(), random & 0xFFFF'FFFF'FFFFu);
  }
  if (!fields.errors().empty())
    return validation_report(fields.errors());

  if (!options.cwd.empty() && options.cwd.front() != '/') {
    if (spoken == dialect::a)
      return relative_directory(options.cwd);
    options.cwd = settings.sandbox.workspace + "/" + options.cwd;
  }
  return options;
}

std::variant<std::string, error_report> read_session_to_delete(nlohmann::ordered_json& body) {
  field_reader fields(body);
  std::optional<std::string> id = fields.text("sessionId");
  if (!id || id->empty())
    return validation_report({{"sessionId", "sessionId is required", id ? "invalid_value" : "required"}});
  fields.check_session_id("sessionId", *id);
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return std::move(*id);
}

} // namespace sandboxd::http
