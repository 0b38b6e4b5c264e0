#include "http/code_request.hpp"

#include "http/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::http {

namespace {

using nlohmann::ordered_json;

/// Null takes nothing away here: the SDK means "not given" by it (HTTP.md 9.1).
std::vector<actors::environment_change> read_environment(field_reader& fields, std::string_view name) {
  auto given = fields.environment(name);
  fields.check_variable_sizes(name, given);
  std::vector<actors::environment_change> changes;
  for (auto& [variable, value] : given)
    changes.emplace_back(std::move(variable), std::move(value));
  return changes;
}

/// By the name that the SDK sends, or the one it has for users.
std::vector<actors::environment_change> read_environments(field_reader& fields) {
  auto changes = read_environment(fields, "env_vars");
  for (auto& one : read_environment(fields, "envVars"))
    changes.push_back(std::move(one));
  return changes;
}

/// A letter or underscore, then digits, too; whatever is not ASCII may be a letter. Null: all are.
const std::string* wrong_name(const ordered_json& variables, interpreters::language spoken) {
  const auto is_digit = [](char one) { return one >= '0' && one <= '9'; };
  const auto may_stand = [&](char one) {
    return is_digit(one) || one == '_' || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
           static_cast<unsigned char>(one) >= 0x80 ||
           (one == '$' && spoken != interpreters::language::python);
  };
  for (auto member = variables.begin(); member != variables.end(); ++member)
    if (const auto& name = member.key();
        name.empty() || is_digit(name.front()) || !std::ranges::all_of(name, may_stand))
      return &name;
  return nullptr;
}

} // namespace

std::variant<actors::context_options, error_report> read_context_request(ordered_json& body) {
  field_reader fields(body);
  actors::context_options options;
  options.spoken = interpreters::language_named(fields.text("language").value_or("python"));
  options.directory = fields.text("cwd").value_or("");
  if (options.directory.size() >= max_path_bytes) // which counts the NUL
    fields.reject("cwd", "cwd is longer than a path can be");
  options.environment = read_environments(fields);
  options.timeout = fields.milliseconds("timeout_ms");
  if (const auto* variables = member(body, "variables")) {
    if (!variables->is_object())
      fields.reject("variables", "variables must be an object", "invalid_type");
    else if (const auto* name = wrong_name(*variables, options.spoken))
      fields.reject("variables." + *name, "variables must have names that code can use");
    else
      options.variables = variables->dump(-1, ' ', true, ordered_json::error_handler_t::replace);
  }
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return options;
}

std::variant<actors::run_request, error_report> read_run_request(ordered_json& body) {
  actors::run_request request;
  request.context = "undefined"; // as the reference tells of one that is not given
  if (const auto* id = member(body, "context_id"))
    request.context = id->is_string() ? id->get<std::string>()
                                      : id->dump(-1, ' ', true, ordered_json::error_handler_t::replace);
  field_reader fields(body);
  if (const auto* code = member(body, "code"); code != nullptr && code->is_string())
    request.code = code->get<std::string>();
  else
    fields.reject("code", "code is required and must be a string",
                  code == nullptr ? "required" : "invalid_type");
  if (const auto spoken = fields.text("language"))
    request.spoken = interpreters::language_named(*spoken);
  request.timeout = fields.milliseconds("timeout_ms");
  request.environment = read_environments(fields);
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return request;
}

} // namespace sandboxd::http
