#include "bench/code_cell.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sandboxd::bench {

namespace {

using nlohmann::json;

bool is_of_type(const json& event, std::string_view type) {
  return event.value("type", "") == type;
}

/// The events of code that ran to its end; nothing when it did not.
std::optional<std::vector<json>> completed(const answer& whole) {
  auto events = received_code_events(whole.body);
  const bool right = whole.error.empty() && whole.status == 200 && events && !events->empty() &&
                     is_of_type(events->back(), "execution_complete") &&
                     std::none_of(events->begin(), events->end() - 1, [](const json& event) {
                       return is_of_type(event, "execution_complete") || is_of_type(event, "error");
                     });
  return right ? std::move(events) : std::nullopt;
}

std::string failure_of(const answer& whole) {
  return whole.error.empty()
             ? "wrong events of code: " + std::to_string(whole.status) + " " + excerpt(whole.body)
             : whole.error;
}

} // namespace

std::string new_context_request(std::string_view language) {
  return http_request("POST", "/api/contexts", json{{"language", language}}.dump());
}

std::string delete_context_request(const std::string& context) {
  return http_request("DELETE", "/api/contexts/" + context, {}, "Content-Type: application/json\r\n");
}

std::string run_request(const std::string& context, const cell& what) {
  const json body{{"context_id", context}, {"code", what.code}, {"language", what.language}};
  return http_request("POST", "/api/execute/code", body.dump(), "Accept: text/event-stream\r\n");
}

std::optional<std::string> created_context(const answer& whole) {
  const auto body = json::parse(whole.body, nullptr, false);
  if (!whole.error.empty() || whole.status != 200 || !body.is_object() || !body.contains("id") ||
      !body["id"].is_string())
    return std::nullopt;
  return body["id"].get<std::string>();
}

std::optional<std::vector<json>> received_code_events(std::string_view body) {
  std::vector<json> events;
  for (auto end = body.find('\n'); end != std::string_view::npos; end = body.find('\n')) {
    const auto line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (line.empty() || line.starts_with(':')) // a keep-alive comment
      continue;
    events.push_back(json::parse(line, nullptr, false));
    if (!events.back().is_object())
      return std::nullopt;
  }
  return events;
}

std::string check_result(const answer& whole, std::string_view format, std::string_view value) {
  const auto events = completed(whole);
  const bool right = events && std::any_of(events->begin(), events->end(), [&](const json& event) {
                       return is_of_type(event, "result") && event.contains(format) &&
                              (value.empty() || event[format] == value);
                     });
  return right ? "" : failure_of(whole);
}

std::string check_printed(const answer& whole, std::string_view text) {
  const auto events = completed(whole);
  std::string printed;
  if (events)
    for (const auto& event : *events)
      printed += is_of_type(event, "stdout") ? event.value("text", "") : "";
  return events && printed == text ? "" : failure_of(whole);
}

} // namespace sandboxd::bench
