#include "http/call.hpp"

#include "http/timestamp.hpp"

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

} // namespace sandboxd::http
