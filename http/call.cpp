#include "http/call.hpp"

#include "http/timestamp.hpp"

#include <fmt/format.h>

#include <utility>

namespace sandboxd::http {

response json_response(std::string json) {
  return {200, {{"Content-Type", "application/json"}}, std::move(json)};
}

std::string call::now() const {
  return timestamp(with->now());
}

void call::send_json(std::string json) const {
  answer->send(json_response(std::move(json)));
}

void call::send_error(const error_report& report) const {
  answer->send(error_response(report, with->now()));
}

error_report call::report(const actors::failure& reason, const failed_operation& operation) const {
  error_report told = report_failure(reason, operation);
  const bool fault = told.status >= 500;
  if (fault || !reason.detail.empty())
    with->log(fault ? config::log_level::warn : config::log_level::debug,
              fmt::format("request {} failed: {}: {}", request_id, told.code,
                          reason.detail.empty() ? std::string_view("no details") : reason.detail));
  return told;
}

} // namespace sandboxd::http
