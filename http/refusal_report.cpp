#include "http/refusal_report.hpp"

#include "http/failure_report.hpp"
#include "http/json_writer.hpp"

namespace sandboxd::http {

namespace {

/// Codes of HTTP.md 3.2 by the statuses the guard uses.
const char* code_of(int status) {
  switch (status) {
  case 401:
  case 403:
    return "PERMISSION_DENIED";
  case 413:
    return "FILE_TOO_LARGE";
  case 500:
    return "INTERNAL_ERROR";
  default:
    return "VALIDATION_FAILED";
  }
}

} // namespace

error_report refusal_report(const refusal& why) {
  if (!why.code.empty()) {
    error_report report;
    report.code = why.code;
    report.status = why.status;
    report.message = why.message;
    report.a_text = why.a_text;
    if (why.port != 0) // HTTP.md 3.1
      report.more_members = json_writer().number("port", why.port).take_members();
    return report;
  }
  if (why.status == 404)
    return not_found_report();
  if (why.status == 503) // a bound that is free again soon: buffered bytes, relays, descriptors
    return report_failure({actors::error_code::unavailable, why.message}, {});
  error_report report;
  report.code = code_of(why.status);
  report.status = why.status;
  report.message = why.message;
  return report;
}

} // namespace sandboxd::http
