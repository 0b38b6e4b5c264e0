#include "http/error_body.hpp"

#include "actors/errors.hpp"
#include "http/error_table.hpp"
#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

namespace sandboxd::http {

namespace {

/// HTTP.md 1.6: the words by which SDK 0.5.1 to 0.6.5 takes a 500 for a container that is still starting.
constexpr std::array<std::string_view, 12> retry_words{
    "container port not found",
    "connection refused: container port",
    "the container is not listening",
    "failed to verify port",
    "container did not start",
    "network connection lost",
    "container suddenly disconnected",
    "monitor failed to find container",
    "timed out",
    "timeout",
    "no container instance available",
    "currently provisioning",
};

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

} // namespace

int wire_status(int nominal, std::string_view body) {
  const bool repeated = nominal == 500 && std::any_of(retry_words.begin(), retry_words.end(), [&](auto word) {
                          return contains_ignoring_case(body, word);
                        });
  return repeated ? 422 : nominal;
}

std::string error_body(const error_report& report, std::chrono::system_clock::time_point now) {
  json_writer body;
  body.text("code", report.code)
      .text("message", report.message)
      .raw("context", report.context)
      .number("httpStatus", report.status)
      .text("timestamp", timestamp(now));
  if (!report.suggestion.empty())
    body.text("suggestion", report.suggestion);
  body.text("error", report.a_text.empty() ? report.message : report.a_text).members(report.more_members);
  return body.finish();
}

response error_response(const error_report& report, std::chrono::system_clock::time_point now) {
  response answer;
  answer.body = error_body(report, now);
  answer.code = report.code;
  answer.status = wire_status(report.status, answer.body);
  answer.headers.emplace_back("Content-Type", "application/json");
  if (report.status == 401) // RFC 9110 section 15.5.2
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (report.retry_after_seconds > 0)
    answer.headers.emplace_back("Retry-After", std::to_string(report.retry_after_seconds));
  return answer;
}

std::string validation_errors_member(const std::vector<field_error>& errors) {
  std::string list = "[";
  for (std::size_t i = 0; i < std::min(most_field_errors, errors.size()); ++i) {
    if (i > 0)
      list.push_back(',');
    json_writer entry;
    entry.text("field", errors[i].field).text("message", errors[i].message).text("code", errors[i].code);
    list += entry.finish();
  }
  list.push_back(']');
  return json_writer().raw("validationErrors", list).take_members();
}

error_report validation_report(const std::vector<field_error>& errors) {
  actors::failure reason;
  reason.code = actors::error_code::validation_failed;
  const error_entry& entry = entry_of(reason.code);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message = errors.empty() ? "Invalid request" : errors.front().message;
  report.context = json_writer().members(validation_errors_member(errors)).finish();
  report.suggestion = suggestion_for(reason);
  return report;
}

error_report not_found_report() {
  error_report report;
  report.code = "UNKNOWN_ERROR";
  report.status = 404;
  report.message = "The requested endpoint was not found";
  report.a_text = "Not Found";
  return report;
}

} // namespace sandboxd::http
