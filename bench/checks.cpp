#include "bench/checks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sandboxd::bench {

namespace {

using nlohmann::json;

/// Bodies longer than this are compared without parsing them, so that the client stays cheap, in bytes.
constexpr std::size_t large_body = 65'536;

std::string problem(std::string_view what, const answer& whole) {
  return std::string(what) + ": " + std::to_string(whole.status) + " " + excerpt(whole.body);
}

/// Parses the body of an answer with this status; null when that is impossible.
json parsed(const answer& whole, int status) {
  if (!whole.error.empty() || whole.status != status)
    return {};
  return json::parse(whole.body, nullptr, false);
}

std::string failure_of(const answer& whole, std::string_view what) {
  return whole.error.empty() ? problem(what, whole) : whole.error;
}

bool holds(const json& object, const char* key, const json& expected) {
  return object.is_object() && object.contains(key) && object[key] == expected;
}

/// Compares the fields of a large answer in the raw text.
bool contains_result(std::string_view body, const expected_output& expected) {
  return body.find(expected.field) != std::string_view::npos &&
         body.find("\"stderr\":\"\"") != std::string_view::npos &&
         body.find("\"exitCode\":0") != std::string_view::npos &&
         body.find("\"success\":true") != std::string_view::npos;
}

} // namespace

expected_output::expected_output(std::string output)
    : text(std::move(output)), field("\"stdout\":" + json(text).dump()) {}

std::string excerpt(std::string_view body) {
  std::string text(body.substr(0, 200));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string check_ping(const answer& whole) {
  return holds(parsed(whole, 200), "message", "pong") ? "" : failure_of(whole, "no pong");
}

std::string check_created(const answer& whole, std::string_view session) {
  const auto body = parsed(whole, 200);
  return holds(body, "success", true) && holds(body, "id", session)
             ? ""
             : failure_of(whole, "session not created");
}

std::string check_executed(const answer& whole, const expected_output& expected) {
  if (whole.error.empty() && whole.status == 200 && whole.body.size() > large_body &&
      contains_result(whole.body, expected))
    return "";
  const auto body = parsed(whole, 200);
  const bool right = holds(body, "stdout", expected.text) && holds(body, "stderr", "") &&
                     holds(body, "exitCode", 0) && holds(body, "success", true);
  return right ? "" : failure_of(whole, "wrong result of a command");
}

std::string check_streamed(const answer& whole, std::string_view expected_stdout) {
  const auto events = received_events(whole.body);
  if (!whole.error.empty() || whole.status != 200 || !events || events->size() < 2)
    return failure_of(whole, "no event stream");
  std::string output;
  std::size_t ends = 0;
  for (const auto& event : *events) {
    if (holds(event, "type", "stdout") && event.contains("data") && event["data"].is_string())
      output += event["data"].get<std::string>();
    else if (holds(event, "type", "complete") && holds(event, "exitCode", 0))
      ++ends;
    else if (!holds(event, "type", "start"))
      return problem("unexpected event", whole);
  }
  const bool right = output == expected_stdout && ends == 1 && holds(events->front(), "type", "start") &&
                     holds(events->back(), "type", "complete");
  return right ? "" : problem("wrong events", whole);
}

std::string check_error(const answer& whole, int status, int nominal_status, std::string_view code) {
  const auto body = parsed(whole, status);
  return holds(body, "code", code) && holds(body, "httpStatus", nominal_status)
             ? ""
             : failure_of(whole, "not the expected error");
}

std::optional<std::vector<json>> received_events(std::string_view body) {
  constexpr std::string_view prefix = "data: ";
  std::vector<json> events;
  for (auto end = body.find("\n\n"); end != std::string_view::npos; end = body.find("\n\n")) {
    const auto event = body.substr(0, end);
    body.remove_prefix(end + 2);
    if (event.starts_with(':')) // a keep-alive comment
      continue;
    if (!event.starts_with(prefix))
      return std::nullopt;
    events.push_back(json::parse(event.substr(prefix.size()), nullptr, false));
    if (!events.back().is_object())
      return std::nullopt;
  }
  return events;
}

bool has_output(std::string_view body) {
  return body.find("\"type\":\"stdout\"") != std::string_view::npos;
}

} // namespace sandboxd::bench
