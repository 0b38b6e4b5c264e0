#include "http/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace sandboxd::http {

namespace {

using nlohmann::ordered_json;

/// Longest part of a variable's name that is told.
constexpr std::size_t shown_name = 128;

constexpr double milliseconds_of_a_century = 100.0 * 365 * 24 * 3600 * 1000;

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

std::string field_of(std::string_view name, const std::string& variable) {
  return std::string(name).append(".").append(variable, 0, shown_name);
}

} // namespace

const ordered_json* member(const ordered_json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

ordered_json* field_reader::given(std::string_view name) {
  return const_cast<ordered_json*>(member(object_, name)); // ours, and not constant
}

void field_reader::reject(std::string field, std::string message, std::string code) {
  errors_.push_back({std::move(field), std::move(message), std::move(code)});
}

void field_reader::wrong_type(std::string_view name, std::string_view wanted) {
  reject(std::string(name), std::string(name).append(" must be ").append(wanted), "invalid_type");
}

std::optional<std::string> field_reader::text(std::string_view name) {
  ordered_json* value = given(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_string()) {
    wrong_type(name, "a string");
    return std::nullopt;
  }
  auto& content = value->get_ref<std::string&>();
  if (content.find('\0') != std::string::npos) {
    reject(std::string(name), std::string(name).append(" must not contain NUL"));
    return std::nullopt;
  }
  return std::move(content);
}

std::optional<bool> field_reader::boolean(std::string_view name) {
  const ordered_json* value = given(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_boolean()) {
    wrong_type(name, "a boolean");
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::chrono::milliseconds> field_reader::milliseconds(std::string_view name) {
  const ordered_json* value = given(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_number()) {
    wrong_type(name, "a number of milliseconds");
    return std::nullopt;
  }
  const double count = std::ceil(value->get<double>());
  if (count < 0) {
    reject(std::string(name), std::string(name).append(" must not be negative"));
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(count, milliseconds_of_a_century)));
}

void field_reader::check_session_id(std::string_view name, std::string_view id) {
  if (is_blank(id))
    reject(std::string(name), "Session ID must not be blank");
  else if (id.find('\0') != std::string_view::npos)
    reject(std::string(name), "Session ID must not contain NUL");
  else if (id.size() > max_session_id_bytes)
    reject(std::string(name), "Session ID is longer than " + std::to_string(max_session_id_bytes) + " bytes");
}

actors::environment field_reader::environment(std::string_view name) {
  actors::environment variables;
  ordered_json* value = given(name);
  if (value == nullptr)
    return variables;
  if (!value->is_object()) {
    wrong_type(name, "an object of strings");
    return variables;
  }
  for (auto& [variable, content] : value->get_ref<ordered_json::object_t&>()) {
    if (errors_.size() >= most_field_errors)
      break;
    if (content.is_null())
      continue;
    const std::string field = field_of(name, variable);
    if (!is_identifier(variable))
      reject(field, "Invalid environment variable name: " + variable.substr(0, shown_name));
    else if (!content.is_string())
      wrong_type(field, "a string");
    else if (content.get_ref<const std::string&>().find('\0') != std::string::npos)
      reject(field, field + " must not contain NUL");
    else
      variables.emplace_back(variable, std::move(content.get_ref<std::string&>()));
  }
  return variables;
}

void field_reader::check_variable_sizes(std::string_view name, const actors::environment& variables) {
  std::size_t all_bytes = 0;
  for (const auto& [variable, content] : variables) {
    if (errors_.size() >= most_field_errors)
      return;
    const std::size_t bytes = variable.size() + content.size() + std::string_view("=").size() + 1;
    all_bytes += bytes + sizeof(char*);
    if (bytes <= max_variable_bytes)
      continue;
    const std::string field = field_of(name, variable);
    reject(field, field + " is longer than " + std::to_string(max_variable_bytes) + " bytes with its name");
  }
  if (all_bytes > max_variables_bytes)
    reject(std::string(name), std::string(name) + " is larger than " + std::to_string(max_variables_bytes) +
                                  " bytes with the names of its variables");
}

} // namespace sandboxd::http
