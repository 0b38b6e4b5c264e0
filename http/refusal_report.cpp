#include "http/refusal_report.hpp"

namespace sandboxd::http {

namespace {

/// Codes of HTTP.md 3.2 by the statuses the guard uses; 503 is the budget of buffered bytes, which is free
/// again soon.
const char* code_of(int status) {
  switch (status) {
  case 403:
    return "PERMISSION_DENIED";
  case 413:
    return "FILE_TOO_LARGE";
  case 500:
    return "INTERNAL_ERROR";
  case 503:
    return "CONTAINER_UNAVAILABLE";
  default:
    return "VALIDATION_FAILED";
  }
}

} // namespace

error_report refusal_report(const refusal& why) {
  error_report report;
  report.code = code_of(why.status);
  report.status = why.status;
  report.message = why.message;
  if (why.status == 503)
    report.retry_after_seconds = 1;
  return report;
}

} // namespace sandboxd::http
