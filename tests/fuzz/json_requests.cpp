#include "tests/fuzz/json_requests.hpp"

#include "http/code_request.hpp"
#include "http/execute_request.hpp"
#include "http/port_request.hpp"
#include "http/process_request.hpp"
#include "http/session_request.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/told_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::fuzz {

namespace {

using http::dialect;
using nlohmann::ordered_json;
using std::chrono::milliseconds;
using time_point = std::chrono::system_clock::time_point;

constexpr std::size_t longest_command = 64; ///< so that inputs reach it
constexpr milliseconds century{3'153'600'000'000};

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

/// HTTP.md 4.3: `[A-Za-z_][A-Za-z0-9_]*`.
bool is_variable(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto may_stand = [&](char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !name.empty() && !is_digit(name.front()) && std::all_of(name.begin(), name.end(), may_stand);
}

void check_session(std::string_view id) {
  expect(!is_blank(id) && !has_nul(id) && id.size() <= 256, "a session has an id that can be one");
}

void check_variable(std::string_view name, std::string_view value) {
  expect(is_variable(name) && !has_nul(value), "a shell can have every variable");
}

void check_limit(const std::optional<milliseconds>& limit) {
  expect(!limit || (limit->count() >= 0 && *limit <= century), "a time limit is no longer than a century");
}

/// Calls `read` with a copy of the body, which readers take apart, and `check` with the request.
template <class Read, class Check>
void try_reading(const ordered_json& body, Read read, Check check) {
  ordered_json taken = body;
  const auto outcome = read(taken);
  if (const auto* report = std::get_if<http::error_report>(&outcome)) {
    check_refusal_report(*report);
    expect(names_a_field(*report), "a refused body names a field");
  } else {
    check(std::get<0>(outcome));
  }
}

void check_execution(const ordered_json& body, dialect spoken, http::execute_kind kind) {
  config::settings settings;
  settings.session.max_command_bytes = longest_command;
  try_reading(
      body,
      [&](ordered_json& taken) { return http::read_execute_request({}, taken, spoken, kind, settings); },
      [&](const http::execute_request& read) {
        expect(read.run.command.size() <= longest_command && !has_nul(read.run.command),
               "a command is within bounds");
        expect(kind == http::execute_kind::unary || spoken == dialect::a || !is_blank(read.run.command),
               "a command that is streamed is there");
        check_session(read.run.session);
        for (const auto& [name, value] : read.run.env)
          check_variable(name, value);
        check_limit(read.run.timeout);
        expect(!has_nul(read.run.cwd), "a directory has no NUL");
        expect(read.sessionless() == (spoken != dialect::a && read.run.session == http::sessionless_token),
               "the token alone stands for no session");
      });
}

void check_session_options(const ordered_json& body, dialect spoken) {
  ordered_json taken = body;
  const auto outcome = http::read_session_options(taken, spoken, {}, time_point(), 0);
  if (const auto* report = std::get_if<http::error_report>(&outcome)) {
    if (report->status == 500 && spoken == dialect::a) // HTTP.md 4.1
      return expect(report->message.starts_with("cwd must be an absolute path"), "only this is a 500");
    check_refusal_report(*report);
    return expect(names_a_field(*report), "a refused session names a field");
  }
  const auto& options = std::get<actors::session_options>(outcome);
  check_session(options.id);
  expect(options.id != http::sessionless_token, "no session has the id that stands for none");
  expect(options.cwd.empty() || options.cwd.starts_with('/'), "a session starts in an absolute directory");
  for (const auto& [name, value] : options.env)
    check_variable(name, value);
  check_limit(options.command_timeout);
}

void check_process(const ordered_json& body, dialect spoken) {
  try_reading(
      body,
      [&](ordered_json& taken) {
        return http::read_process_request({}, taken, spoken, longest_command, time_point(), 0);
      },
      [](const actors::process_request& read) {
        expect(!read.id.empty() && read.id.size() <= http::max_process_id_bytes && !has_nul(read.id),
               "a process has an id that can be one");
        expect(read.command.size() <= longest_command && !is_blank(read.command) && !has_nul(read.command),
               "the command of a process is within bounds");
        check_session(read.session);
        for (const auto& [name, value] : read.env)
          check_variable(name, value);
        check_limit(read.timeout);
      });
  try_reading(body, http::read_process_input, [](const http::process_input_request&) {});
}

void check_code(const ordered_json& body) {
  const auto check_environment = [](const auto& changes) {
    for (const auto& [name, value] : changes)
      check_variable(name, value.value_or(""));
  };
  try_reading(body, http::read_context_request, [&](const actors::context_options& read) {
    check_environment(read.environment);
    check_limit(read.timeout);
    expect(nlohmann::json::parse(read.variables).is_object(), "the variables of a context are an object");
  });
  try_reading(body, http::read_run_request, [&](const actors::run_request& read) {
    check_environment(read.environment);
    check_limit(read.timeout);
  });
}

void check_ports(const ordered_json& body, dialect spoken) {
  try_reading(
      body, [&](ordered_json& taken) { return http::read_expose_request(taken, spoken); },
      [](const http::expose_request& read) {
        expect(read.port > 0 && read.name.size() <= http::max_port_name_bytes, "a port has a short name");
      });
  try_reading(body, http::read_port_watch_request, [](const actors::port_watch_request& read) {
    const auto& probe = read.probe;
    expect(probe.port > 0 && probe.least_status >= 100 && probe.least_status <= probe.greatest_status &&
               probe.greatest_status <= 599,
           "a probe expects a status that is one");
    expect(read.interval >= milliseconds(100) && read.interval <= milliseconds(10'000),
           "a port is asked neither often nor seldom");
  });
}

} // namespace

void check_json_requests(const ordered_json& body, dialect spoken) {
  check_execution(body, spoken, http::execute_kind::unary);
  check_execution(body, spoken, http::execute_kind::stream);
  check_session_options(body, spoken);
  try_reading(body, http::read_session_to_delete, [](const std::string& id) { check_session(id); });
  check_process(body, spoken);
  check_code(body);
  check_ports(body, spoken);
}

} // namespace sandboxd::fuzz
