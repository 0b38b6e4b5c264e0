#include "bench/soak_session.hpp"

#include "bench/checks.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace sandboxd::bench {

namespace {

using nlohmann::json;

constexpr int time_limit_milliseconds = 30;
constexpr int exit_code = 7;
constexpr std::size_t megabyte = 1'000'000;

/// The output in dialect B, which strips one final line feed.
const expected_text& output_of(soak_kind kind) {
  static const expected_text nothing("");
  static const expected_text large(std::string(megabyte, 'x'));
  static const expected_text started("started");
  if (kind == soak_kind::megabyte)
    return large;
  return kind == soak_kind::background ? started : nothing;
}

std::string command_of(soak_kind kind) {
  switch (kind) {
  case soak_kind::builtin:
    return "soak_count=$((soak_count + 1)); echo $soak_count";
  case soak_kind::fork:
    return "/bin/true";
  case soak_kind::megabyte:
    return "head -c 1000000 /dev/zero | tr '\\0' x";
  case soak_kind::background:
    return "{ sleep 1; echo late; } & echo started";
  case soak_kind::timeout:
    return "sleep 5";
  case soak_kind::exit:
    return "exit " + std::to_string(exit_code);
  case soak_kind::left_stream:
    return "for i in 1 2 3 4 5; do echo $i; sleep 0.01; done";
  }
  throw std::logic_error("unknown soak_kind");
}

} // namespace

std::string_view name_of(soak_kind kind) {
  switch (kind) {
  case soak_kind::builtin:
    return "builtin";
  case soak_kind::fork:
    return "fork";
  case soak_kind::megabyte:
    return "megabyte";
  case soak_kind::background:
    return "background";
  case soak_kind::timeout:
    return "timeout";
  case soak_kind::exit:
    return "exit";
  case soak_kind::left_stream:
    return "left_stream";
  }
  throw std::logic_error("unknown soak_kind");
}

std::string soak_session::request(soak_kind kind) {
  json body{{"command", command_of(kind)}, {"sessionId", id_}};
  if (kind == soak_kind::timeout)
    body["timeoutMs"] = time_limit_milliseconds;
  const auto* path = kind == soak_kind::left_stream ? "/api/execute/stream" : "/api/execute";
  return http_request("POST", path, body.dump());
}

std::string soak_session::check(soak_kind kind, const answer& whole) {
  std::string problem;
  switch (kind) {
  case soak_kind::builtin:
    return check_count(whole);
  case soak_kind::timeout:
    problem = check_timeout(whole);
    break;
  case soak_kind::exit:
    problem = check_exit(whole);
    count_ = 0;
    break;
  case soak_kind::left_stream: // all of it came before the client could leave
    problem = check_streamed(whole, "1\n2\n3\n4\n5\n");
    break;
  case soak_kind::fork:
  case soak_kind::megabyte:
  case soak_kind::background:
    problem = check_executed(whole, output_of(kind));
    break;
  }
  if (!problem.empty())
    count_ = -1;
  return problem;
}

bool soak_session::brought_output(const answer& part) {
  if (part.status != 200 || !has_output(part.body))
    return false;
  const auto events = received_events(part.body);
  return events && events->size() >= 2 && events->front().value("type", "") == "start" &&
         (*events)[1].value("data", "").starts_with("1\n");
}

std::string soak_session::check_count(const answer& whole) {
  if (count_ >= 0)
    ++count_;
  if (count_ < 0) {
    const auto body = json::parse(whole.body, nullptr, false);
    const auto output = body.is_object() ? body.value("stdout", "") : "";
    if (output.empty() || output.find_first_not_of("0123456789") != std::string::npos)
      return "no count: " + excerpt(whole.body);
    count_ = std::stol(output);
  }
  auto problem = check_executed(whole, expected_text(std::to_string(count_)));
  if (!problem.empty()) {
    problem += " (expected count " + std::to_string(count_) + ")";
    count_ = -1;
  }
  return problem;
}

std::string soak_session::check_timeout(const answer& whole) const {
  // A status of 500 whose text says "timeout" makes some clients repeat the command, hence 422 on the wire.
  auto problem = check_error(whole, 422, 500, "COMMAND_EXECUTION_ERROR");
  const auto text = "Command timeout after " + std::to_string(time_limit_milliseconds) + "ms";
  if (problem.empty() && whole.body.find(text) == std::string_view::npos)
    problem = "no word of the timeout: " + excerpt(whole.body);
  return problem;
}

std::string soak_session::check_exit(const answer& whole) const {
  auto problem = check_error(whole, 410, 410, "SESSION_TERMINATED");
  if (!problem.empty())
    return problem;
  const auto body = json::parse(whole.body, nullptr, false);
  const json expected{{"sessionId", id_}, {"exitCode", exit_code}};
  const auto context = body.value("context", json::object());
  const bool right = context.value("sessionId", "") == id_ && context.value("exitCode", -1) == exit_code;
  return right ? "" : "wrong context, expected " + expected.dump() + ": " + excerpt(whole.body);
}

} // namespace sandboxd::bench
