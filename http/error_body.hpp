#pragma once

#include "http/exchange.hpp"
#include "http/json_fields.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::http {

/// Everything an error answer says, in the union form that both generations of the SDK understand
/// (HTTP.md 3.1).
struct error_report {
  /// The code of the SDK.
  std::string code;
  /// Nominal status: the `httpStatus` of the body. The status line may differ, see `wire_status`.
  int status = 500;
  std::string message;
  /// A JSON object as text.
  std::string context = "{}";
  /// Left out when empty.
  std::string suggestion;
  /// What clients of dialect A show; the message when empty.
  std::string a_text;
  /// Further members as JSON text without braces, for example `"availableSessions":[]`.
  std::string more_members;
  /// Sent as `Retry-After` when not 0.
  int retry_after_seconds = 0;
};

/// The body of an error answer.
[[nodiscard]] std::string error_body(const error_report& report, std::chrono::system_clock::time_point now);

/// The whole error answer.
[[nodiscard]] response error_response(const error_report& report, std::chrono::system_clock::time_point now);

/// The status line for a nominal status and a body: 422 instead of 500 when the body holds words that make
/// SDK 0.5.1 to 0.6.5 run the command again (HTTP.md 1.6 and 4.5).
[[nodiscard]] int wire_status(int nominal, std::string_view body);

/// 400 `VALIDATION_FAILED` that names every offending field; the first one's message is the answer's.
[[nodiscard]] error_report validation_report(const std::vector<field_error>& errors);

/// 404 for a path or method that does not exist (HTTP.md 1.3).
[[nodiscard]] error_report not_found_report();

/// `"validationErrors":[{field,message,code}, ...]`, without braces; the first twenty.
[[nodiscard]] std::string validation_errors_member(const std::vector<field_error>& errors);

} // namespace sandboxd::http
