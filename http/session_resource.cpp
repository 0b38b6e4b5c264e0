#include "http/session_resource.hpp"

#include "http/call.hpp"
#include "http/error_body.hpp"
#include "http/failure_report.hpp"
#include "http/json_writer.hpp"
#include "http/session_request.hpp"

#include <fmt/format.h>

#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::http::session_resource {

namespace {

std::uint64_t random_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

failed_operation operation_of(const call& incoming, std::string_view a_text, std::string_view session) {
  failed_operation operation;
  operation.spoken = incoming.spoken;
  operation.a_text = a_text;
  operation.session = session;
  operation.placement_id = incoming.settings().sandbox.placement_id;
  return operation;
}

/// The union of what both dialects answer (HTTP.md 2.4). The text follows the request, not what the kernel
/// allowed.
std::string created_body(const call& incoming, const std::string& id, bool isolated) {
  json_writer body;
  body.boolean("success", true)
      .text("id", id)
      .text("message", fmt::format("Session '{}' created {} isolation", id, isolated ? "with" : "without"))
      .text("sessionId", id);
  const std::string& placement = incoming.settings().sandbox.placement_id;
  if (placement.empty())
    body.null("containerPlacementId");
  else
    body.text("containerPlacementId", placement);
  return body.raw("data", json_writer().text("id", id).finish()).text("timestamp", incoming.now()).finish();
}

} // namespace

void create(incoming_call& incoming) {
  auto read = read_session_options(*incoming.body, incoming.spoken, incoming.settings(), incoming.with->now(),
                                   random_number());
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto options = std::move(std::get<actors::session_options>(read));
  const auto existing = incoming.spoken == dialect::b ? actors::if_exists::refuse : actors::if_exists::reuse;
  actors::reply<actors::session_created> done(
      [call = incoming.to_answer(), id = options.id,
       isolate = options.isolate](actors::result_of<actors::session_created> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result))
          call.send_error(call.report(*reason, operation_of(call, "Failed to create session", id)));
        else
          call.send_json(created_body(call, id, isolate));
      });
  incoming.with->sandbox->create_session(std::move(options), existing, std::move(done));
}

void list(incoming_call& incoming) {
  using session_ids = std::vector<std::string>;
  incoming.with->sandbox->list_sessions(
      actors::reply<session_ids>([call = incoming.to_answer()](actors::result_of<session_ids> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result)) {
          call.send_error(call.report(*reason, operation_of(call, "Failed to list sessions", "")));
          return;
        }
        const auto& ids = std::get<session_ids>(result);
        call.send_json(json_writer()
                           .boolean("success", true)
                           .number("count", ids.size())
                           .texts("sessions", ids)
                           .texts("data", ids)
                           .text("timestamp", call.now())
                           .finish());
      }));
}

void remove(incoming_call& incoming) {
  auto read = read_session_to_delete(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  const std::string id = std::move(std::get<std::string>(read));
  incoming.with->sandbox->delete_session(
      id,
      actors::reply<std::string>([call = incoming.to_answer(), id](actors::result_of<std::string> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result)) {
          call.send_error(call.report(*reason, operation_of(call, "Failed to delete session", id)));
          return;
        }
        call.send_json(json_writer()
                           .boolean("success", true)
                           .text("sessionId", id)
                           .text("timestamp", call.now())
                           .finish());
      }));
}

} // namespace sandboxd::http::session_resource
