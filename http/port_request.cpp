#include "http/port_request.hpp"

#include "http/error_table.hpp"
#include "http/json_fields.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sandboxd::http {

namespace {

using nlohmann::ordered_json;

constexpr std::int64_t greatest_port = 65'535;

// Bounds of HTTP.md 8.3.
constexpr std::chrono::milliseconds shortest_interval{100};
constexpr std::chrono::milliseconds longest_interval{10'000};

constexpr std::int64_t least_status = 100;
constexpr std::int64_t greatest_status = 599;

/// Longest part of what a client gave for a port that is told back, in bytes.
constexpr std::size_t shown_port = 64;

/// Of the watches; that of the registry is INVALID_PORT_NUMBER.
constexpr std::string_view invalid_port = "INVALID_PORT";

/// `code`: which of the two. `given`: JSON text.
error_report bad_port(std::string_view code, std::string_view given, std::string_view reason) {
  const auto shown = given.substr(0, shown_port);
  error_report report;
  report.code = code;
  report.status = 400;
  report.message = fmt::format("Invalid port: {} is {}", shown, reason);
  if (code == invalid_port) // the only one of the two that has any (HTTP.md 3.2)
    report.suggestion = fmt::format("Port must be between 1 and 65535. Port {} is {}", shown, reason);
  report.context = json_writer().raw("port", given == shown ? given : "null").text("reason", reason).finish();
  return report;
}

/// What is wrong with a port; empty: nothing.
std::string_view fault_of(const ordered_json* port) {
  if (port == nullptr)
    return "missing";
  if (!port->is_number())
    return "not a number";
  if (!port->is_number_integer())
    return "not a whole number";
  // Larger than any signed number is larger than any port.
  const bool in_range = port->is_number_unsigned() ? port->get<std::uint64_t>() - 1 < greatest_port
                                                   : port->get<std::int64_t>() > 0;
  return in_range ? "" : "outside of 1 to 65535";
}

std::variant<std::uint16_t, error_report> read_port(const ordered_json& body, std::string_view code) {
  const auto* port = member(body, "port");
  if (const auto fault = fault_of(port); !fault.empty())
    return bad_port(
        code, port == nullptr ? "null" : port->dump(-1, ' ', true, ordered_json::error_handler_t::replace),
        fault);
  return port->get<std::uint16_t>();
}

/// Dialect A calls zero and what is no number missing (HTTP.md 8.1).
error_report bad_port_of_a(const ordered_json* port) {
  const bool missing = port == nullptr || !port->is_number() || *port == 0;
  return validation_report(
      {{"port", missing ? "Port is required and must be a number" : "Port must be between 1 and 65535",
        missing ? "required" : "invalid_value"}});
}

int read_status(const ordered_json& body, field_reader& fields, std::string_view name, int otherwise) {
  const auto* value = member(body, name);
  if (value == nullptr)
    return otherwise;
  if (value->is_number_integer() && *value >= least_status && *value <= greatest_status)
    return value->get<int>();
  fields.reject(std::string(name),
                fmt::format("{} must be a status from {} to {}", name, least_status, greatest_status));
  return otherwise;
}

} // namespace

std::variant<std::uint16_t, error_report> read_port(const ordered_json& body, dialect spoken) {
  if (spoken == dialect::a && !fault_of(member(body, "port")).empty())
    return bad_port_of_a(member(body, "port"));
  return read_port(body, entry_of(actors::error_code::invalid_port_number).sdk_code);
}

std::variant<std::uint16_t, error_report> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault == std::errc() && end == text.data() + text.size() && port > 0)
    return port;
  return bad_port(entry_of(actors::error_code::invalid_port_number).sdk_code,
                  ordered_json(text).dump(-1, ' ', true, ordered_json::error_handler_t::replace),
                  "not a number from 1 to 65535");
}

std::variant<expose_request, error_report> read_expose_request(ordered_json& body, dialect spoken) {
  const auto port = read_port(body, spoken);
  if (const auto* report = std::get_if<error_report>(&port))
    return *report;
  field_reader fields(body);
  expose_request wanted{std::get<std::uint16_t>(port), fields.text("name").value_or("")};
  if (wanted.name.size() > max_port_name_bytes)
    fields.reject("name", fmt::format("name is longer than {} bytes", max_port_name_bytes));
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return wanted;
}

std::variant<actors::port_watch_request, error_report> read_port_watch_request(ordered_json& body) {
  const auto port = read_port(body, invalid_port);
  if (const auto* report = std::get_if<error_report>(&port))
    return *report;
  field_reader fields(body);
  actors::port_watch_request wanted;
  wanted.probe.port = std::get<std::uint16_t>(port);
  const auto mode = fields.text("mode").value_or("http");
  if (mode != "http" && mode != "tcp")
    fields.reject("mode", "mode must be \"http\" or \"tcp\"");
  wanted.probe.mode = mode == "tcp" ? ports::probe_mode::tcp : ports::probe_mode::http;
  wanted.probe.path = fields.text("path").value_or("/");
  wanted.probe.least_status = read_status(body, fields, "statusMin", wanted.probe.least_status);
  wanted.probe.greatest_status = read_status(body, fields, "statusMax", wanted.probe.greatest_status);
  if (wanted.probe.least_status > wanted.probe.greatest_status)
    fields.reject("statusMin", "statusMin must not be greater than statusMax");
  wanted.process = fields.text("processId");
  if (const auto interval = fields.milliseconds("interval"))
    wanted.interval = std::clamp(*interval, shortest_interval, longest_interval);
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  return wanted;
}

} // namespace sandboxd::http
