#include "inspector/call.hpp"

#include "http/json_fields.hpp"
#include "http/url.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <utility>

namespace sandboxd::inspector {

void call::send_json(std::string json) const {
  answer->send({200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(json)});
}

void call::send_error(const http::error_report& report) const {
  answer->send(http::error_response(report, std::chrono::system_clock::now()));
}

void call::send_problem(int status, std::string code, std::string message) const {
  http::error_report report;
  report.status = status;
  report.code = std::move(code);
  report.message = std::move(message);
  send_error(report);
}

std::string call::parameter(std::string_view name) const {
  return http::query_value(sent->query, name).value_or("");
}

std::optional<std::uint64_t> call::number(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                                          std::uint64_t most) const {
  const auto text = http::query_value(sent->query, name);
  if (!text)
    return otherwise;
  std::uint64_t value = 0;
  const auto* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  if (read.ec == std::errc() && read.ptr == end && value >= least && value <= most)
    return value;
  send_error(http::validation_report(
      {{std::string(name), fmt::format("{} must be a whole number from {} to {}", name, least, most),
        "invalid_value"}}));
  return std::nullopt;
}

} // namespace sandboxd::inspector
