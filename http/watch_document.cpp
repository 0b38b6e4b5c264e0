#include "http/watch_document.hpp"

#include "http/json_writer.hpp"
#include "http/sse.hpp"
#include "http/timestamp.hpp"

namespace sandboxd::http {

namespace {

using actors::change_type;
using actors::error_code;

json_writer event(std::string_view type) {
  json_writer json(json_charset::ascii);
  json.text("type", type);
  return json;
}

std::string_view status_of(actors::watch_check::outcome status) {
  using outcome = actors::watch_check::outcome;
  switch (status) {
  case outcome::unchanged:
    return "unchanged";
  case outcome::changed:
    return "changed";
  default:
    return "resync";
  }
}

} // namespace

std::string_view to_string(change_type type) {
  switch (type) {
  case change_type::create:
    return "create";
  case change_type::modify:
    return "modify";
  case change_type::remove:
    return "delete";
  case change_type::move_from:
    return "move_from";
  case change_type::move_to:
    return "move_to";
  case change_type::attribute:
    break;
  }
  return "attrib";
}

std::string watching_event(std::string_view path, std::string_view watch_id) {
  return sse_event(event("watching").text("path", path).text("watchId", watch_id).finish());
}

std::string change_event(const actors::watch_change& change) {
  return sse_event(event("event")
                       .text("eventType", to_string(change.type))
                       .text("path", change.path)
                       .boolean("isDirectory", change.is_directory)
                       .text("timestamp", timestamp(change.time))
                       .finish());
}

std::string end_event(const actors::watch_end& how) {
  return sse_event(how.is_error ? event("error").text("error", how.reason).finish()
                                : event("stopped").text("reason", how.reason).finish());
}

std::string check_json(const actors::watch_check& found, const std::string& timestamp) {
  using outcome = actors::watch_check::outcome;
  json_writer json;
  json.boolean("success", true)
      .text("status", status_of(found.status))
      .text("version", actors::to_string(found.now))
      .text("timestamp", timestamp);
  if (found.status == outcome::expired)
    json.text("reason", "expired");
  if (found.status == outcome::restarted)
    json.text("reason", "restarted");
  return json.finish();
}

error_report watch_error(const call& incoming, const actors::failure& reason, const watch_request& wanted) {
  if (reason.code == error_code::permission_denied && reason.path != wanted.wanted.path)
    return outside_workspace_report(wanted.given_path, reason.path, incoming.settings().sandbox.workspace);
  failed_operation operation;
  operation.spoken = incoming.spoken;
  auto report = incoming.report(reason, operation);
  if (reason.code == error_code::file_not_found || reason.code == error_code::permission_denied ||
      reason.code == error_code::watch_start_failed)
    report.context = json_writer().text("path", wanted.wanted.path).finish();
  return report;
}

} // namespace sandboxd::http
