#include "http/watch_request.hpp"

#include "actors/errors.hpp"
#include "http/error_table.hpp"
#include "http/json_fields.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {

namespace {

using actors::change_type;
using nlohmann::ordered_json;
using problem_found = std::optional<error_report>;

/// A value longer than this is not sent back.
constexpr std::size_t longest_echo = 4096;

constexpr std::array event_names{
    std::pair{std::string_view("create"), change_type::create},
    std::pair{std::string_view("modify"), change_type::modify},
    std::pair{std::string_view("delete"), change_type::remove},
    std::pair{std::string_view("move_from"), change_type::move_from},
    std::pair{std::string_view("move_to"), change_type::move_to},
    std::pair{std::string_view("attrib"), change_type::attribute},
};

std::string echo(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The given ones of these members as an object.
json_writer context_of(const ordered_json& body, std::initializer_list<std::string_view> names) {
  json_writer context;
  for (const auto name : names)
    if (const auto* value = member(body, name))
      if (const auto text = echo(*value); text.size() <= longest_echo)
        context.raw(name, text);
  return context;
}

error_report invalid(const ordered_json& body, std::initializer_list<std::string_view> names,
                     std::string message) {
  return invalid_watch_report(std::move(message), context_of(body, names).finish());
}

bool is_text(const ordered_json* value) {
  return value != nullptr && value->is_string();
}

bool is_list_of_texts(const ordered_json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const ordered_json& one) { return one.is_string(); });
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_given(const ordered_json* value) {
  return value != nullptr &&
         (value->is_string() ? !value->get_ref<const std::string&>().empty() : !value->empty());
}

problem_found read_patterns(const ordered_json& body, std::string_view name,
                            std::vector<std::string>& patterns) {
  const auto* value = member(body, name);
  if (value == nullptr)
    return std::nullopt;
  if (!is_list_of_texts(*value))
    return invalid(body, {name}, fmt::format("{} must be an array of strings", name));
  if (value->size() > actors::most_patterns)
    return invalid(body, {name},
                   fmt::format("{} must have at most {} patterns", name, actors::most_patterns));
  for (const auto& one : *value) {
    const auto& pattern = one.get_ref<const std::string&>();
    if (pattern.size() > actors::longest_pattern)
      return invalid(
          body, {name},
          fmt::format("{} contains a pattern of more than {} bytes", name, actors::longest_pattern));
    if (is_blank(pattern) || has_nul(pattern) || pattern.find_first_of("[]{}") != std::string::npos)
      return invalid_watch_report(
          fmt::format("{} contains unsupported glob syntax. Supported tokens: *, **, ? and path separators",
                      name),
          json_writer().text("pattern", pattern).members(context_of(body, {name}).take_members()).finish());
    patterns.push_back(pattern);
  }
  return std::nullopt;
}

/// HTTP.md has no check for it; an unknown event would be waited for in vain.
problem_found read_events(const ordered_json& body, std::vector<change_type>& events) {
  const auto* value = member(body, "events");
  if (value == nullptr)
    return std::nullopt;
  const auto complain = [&] {
    return invalid(body, {"events"},
                   "events must be an array of: create, modify, delete, move_from, move_to, attrib");
  };
  if (!is_list_of_texts(*value))
    return complain();
  for (const auto& one : *value) {
    const auto known = std::find_if(event_names.begin(), event_names.end(), [&](const auto& entry) {
      return entry.first == one.get_ref<const std::string&>();
    });
    if (known == event_names.end())
      return complain();
    if (std::find(events.begin(), events.end(), known->second) == events.end())
      events.push_back(known->second);
  }
  return std::nullopt;
}

problem_found read_fields(const ordered_json& body, watch_request& read) {
  const auto* path = member(body, "path");
  if (!is_text(path) || is_blank(path->get_ref<const std::string&>()))
    return invalid(body, {"path"}, "path is required and must be a non-empty string");
  if (is_given(member(body, "include")) && is_given(member(body, "exclude")))
    return invalid(
        body, {"include", "exclude"},
        "include and exclude cannot be used together. Use include to whitelist patterns, or exclude "
        "to blacklist patterns.");
  if (auto problem = read_patterns(body, "include", read.wanted.include))
    return problem;
  if (auto problem = read_patterns(body, "exclude", read.wanted.exclude))
    return problem;
  if (const auto* recursive = member(body, "recursive")) {
    if (!recursive->is_boolean())
      return invalid(body, {"recursive"}, "recursive must be a boolean when provided");
    read.wanted.recursive = recursive->get<bool>();
  }
  if (auto problem = read_events(body, read.wanted.events))
    return problem;
  read.given_path = path->get<std::string>();
  return std::nullopt;
}

problem_found read_since(const ordered_json& body, watch_request& read) {
  const auto* since = member(body, "since");
  if (since == nullptr)
    return std::nullopt;
  if (!is_text(since) || is_blank(since->get_ref<const std::string&>()))
    return invalid(body, {"since"}, "since must be a non-empty string when provided");
  const auto& text = since->get_ref<const std::string&>();
  if (has_nul(text))
    return invalid(body, {"since"}, "since contains invalid null bytes");
  read.since = actors::read_watch_version(text);
  if (!read.since)
    return invalid(body, {"since"}, "since must be a version returned by checkChanges()");
  return std::nullopt;
}

std::string_view without_blanks_around(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(blanks);
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

problem_found resolve_path(const ordered_json& body, const std::string& workspace, watch_request& read) {
  const auto path = without_blanks_around(read.given_path);
  if (has_nul(path))
    return invalid(body, {"path"}, "path contains invalid null bytes");
  if (path.size() > max_path_bytes)
    return invalid(body, {}, fmt::format("path must have at most {} bytes", max_path_bytes));
  read.wanted.path = actors::watched_path(workspace, path);
  if (!actors::is_in_workspace(workspace, read.wanted.path))
    return outside_workspace_report(read.given_path, read.wanted.path, workspace);
  return std::nullopt;
}

} // namespace

error_report invalid_watch_report(std::string message, std::string context) {
  auto report = validation_report({});
  report.message = std::move(message);
  report.context = std::move(context);
  return report;
}

error_report outside_workspace_report(std::string_view given, std::string_view resolved,
                                      std::string_view workspace) {
  const actors::failure reason(actors::error_code::permission_denied, "");
  const error_entry& entry = entry_of(reason.code);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message = fmt::format("path must be inside {}", workspace);
  report.context = json_writer()
                       .text("path", given)
                       .text("resolvedPath", resolved)
                       .text("workspaceRoot", workspace)
                       .finish();
  report.suggestion = suggestion_for(reason);
  return report;
}

std::variant<watch_request, error_report> read_watch_request(const ordered_json& body,
                                                             const std::string& workspace) {
  watch_request read;
  if (auto problem = read_fields(body, read))
    return std::move(*problem);
  if (auto problem = resolve_path(body, workspace, read))
    return std::move(*problem);
  return read;
}

std::variant<watch_request, error_report> read_check_request(const ordered_json& body,
                                                             const std::string& workspace) {
  watch_request read;
  if (auto problem = read_fields(body, read))
    return std::move(*problem);
  if (auto problem = read_since(body, read))
    return std::move(*problem);
  if (auto problem = resolve_path(body, workspace, read))
    return std::move(*problem);
  return read;
}

} // namespace sandboxd::http
