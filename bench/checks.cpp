#include "bench/checks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
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

/// Whether a large answer of status 200 has these fields, looked for in the raw text: `name`, which stands
/// there with its colon, with the text, and the others as they are.
bool contains_text(const answer& whole, std::string_view name, const expected_text& expected,
                   std::initializer_list<std::string_view> others) {
  const auto at = whole.body.size() > large_body ? whole.body.find(name) : std::string_view::npos;
  return whole.error.empty() && whole.status == 200 && at != std::string_view::npos &&
         whole.body.substr(at + name.size()).starts_with(expected.on_wire) &&
         std::all_of(others.begin(), others.end(), [&](std::string_view other) {
           return whole.body.find(other) != std::string_view::npos;
         });
}

} // namespace

expected_text::expected_text(std::string plain) : text(std::move(plain)), on_wire(json(text).dump()) {}

std::string excerpt(std::string_view body) {
  std::string text(body.substr(0, 200));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string check_fields(const answer& whole, const json& fields, std::string_view what) {
  const auto body = parsed(whole, 200);
  const auto items = fields.items();
  const bool right = std::all_of(items.begin(), items.end(), [&](const auto& item) {
    return holds(body, item.key().c_str(), item.value());
  });
  return right ? "" : failure_of(whole, what);
}

std::string check_body(const answer& whole, std::string_view expected) {
  const bool right = whole.error.empty() && whole.status == 200 && whole.body == expected;
  return right ? "" : failure_of(whole, "wrong body");
}

std::string check_ping(const answer& whole) {
  return check_fields(whole, {{"message", "pong"}}, "no pong");
}

std::string check_created(const answer& whole, std::string_view session) {
  return check_fields(whole, {{"success", true}, {"id", session}}, "session not created");
}

std::string check_executed(const answer& whole, const expected_text& expected) {
  if (contains_text(whole, "\"stdout\":", expected,
                    {"\"stderr\":\"\"", "\"exitCode\":0", "\"success\":true"}))
    return "";
  const json fields{{"stdout", expected.text}, {"stderr", ""}, {"exitCode", 0}, {"success", true}};
  return check_fields(whole, fields, "wrong result of a command");
}

std::string check_read(const answer& whole, const expected_text& expected) {
  if (contains_text(whole, "\"content\":", expected, {"\"encoding\":\"utf-8\"", "\"success\":true"}))
    return "";
  const json fields{{"content", expected.text}, {"encoding", "utf-8"}, {"success", true}};
  return check_fields(whole, fields, "wrong content of a file");
}

std::string check_listed(const answer& whole, std::size_t count, std::string_view name) {
  constexpr std::string_view key = "\"name\":\"";
  std::size_t entries = 0;
  bool named = false;
  for (auto at = whole.body.find(key); at != std::string_view::npos; at = whole.body.find(key, at + 1)) {
    ++entries;
    const auto rest = whole.body.substr(at + key.size());
    named = named || (rest.starts_with(name) && rest.substr(name.size()).starts_with('"'));
  }
  const bool right = whole.error.empty() && whole.status == 200 && named && entries == count &&
                     whole.body.find("\"success\":true") != std::string_view::npos;
  return right ? "" : failure_of(whole, "wrong listing of " + std::to_string(entries));
}

std::string check_started(const answer& whole, std::string_view process) {
  const auto body = parsed(whole, 200);
  const auto record = body.is_object() ? body.value("process", json()) : json();
  const bool right = holds(record, "id", process) && holds(record, "status", "running") &&
                     record.contains("pid") && record["pid"].is_number_unsigned();
  return right ? "" : failure_of(whole, "process not started");
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
