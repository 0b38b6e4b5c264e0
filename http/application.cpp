#include "http/application.hpp"

#include "http/code_resource.hpp"
#include "http/execute_resource.hpp"
#include "http/file_resource.hpp"
#include "http/git_resource.hpp"
#include "http/json_reader.hpp"
#include "http/misc_resource.hpp"
#include "http/port_resource.hpp"
#include "http/process_resource.hpp"
#include "http/refusal_report.hpp"
#include "http/router.hpp"
#include "http/session_resource.hpp"
#include "http/watch_resource.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

/// A body of this size is parsed within a millisecond or so.
constexpr std::size_t quickly_parsed_bytes = 256u << 10;

/// The API's contents page.
constexpr std::array routes{
    route{"GET", "/", body_rule::none, misc_resource::root},
    route{"GET", "/api/ping", body_rule::none, misc_resource::ping},
    route{"GET", "/api/version", body_rule::none, misc_resource::version},
    route{"GET", "/api/commands", body_rule::none, misc_resource::commands},

    route{"POST", "/api/session/create", body_rule::object_or_nothing, session_resource::create},
    route{"GET", "/api/session/list", body_rule::none, session_resource::list},
    route{"POST", "/api/session/delete", body_rule::object, session_resource::remove},

    route{"POST", "/api/execute", body_rule::object, execute_resource::run},
    route{"POST", "/api/execute/stream", body_rule::object, execute_resource::run_streamed},

    route{"POST", "/api/process/start", body_rule::object, process_resource::start},
    route{"GET", "/api/process/list", body_rule::none, process_resource::list},
    route{"DELETE", "/api/process/kill-all", body_rule::none, process_resource::kill_all},
    route{"GET", "/api/process/{id}", body_rule::none, process_resource::get},
    route{"DELETE", "/api/process/{id}", body_rule::none, process_resource::kill},
    route{"GET", "/api/process/{id}/logs", body_rule::none, process_resource::logs},
    route{"POST", "/api/process/{id}/stdin", body_rule::object, process_resource::write_input},
    route{"GET", "/api/process/{id}/stream", body_rule::none, process_resource::follow},

    route{"POST", "/api/read", body_rule::object, file_resource::read},
    route{"POST", "/api/read/stream", body_rule::object, file_resource::read_streamed},
    route{"POST", "/api/write", body_rule::object, file_resource::write},
    route{"POST", "/api/delete", body_rule::object, file_resource::remove},
    route{"POST", "/api/rename", body_rule::object, file_resource::rename},
    route{"POST", "/api/move", body_rule::object, file_resource::move},
    route{"POST", "/api/mkdir", body_rule::object, file_resource::make_directory},
    route{"POST", "/api/exists", body_rule::object, file_resource::exists},
    route{"POST", "/api/list-files", body_rule::object, file_resource::list},

    route{"POST", "/api/expose-port", body_rule::object, port_resource::expose},
    route{"DELETE", "/api/unexpose-port", body_rule::object, port_resource::unexpose},
    route{"DELETE", "/api/exposed-ports/{port}", body_rule::none, port_resource::unexpose_by_path},
    route{"GET", "/api/exposed-ports", body_rule::none, port_resource::list},
    route{"POST", "/api/port-check", body_rule::object, port_resource::check},
    route{"POST", "/api/port-watch", body_rule::object, port_resource::watch},

    route{"POST", "/api/git/checkout", body_rule::object, git_resource::checkout},

    route{"POST", "/api/contexts", body_rule::object, code_resource::create},
    route{"GET", "/api/contexts", body_rule::none, code_resource::list},
    route{"DELETE", "/api/contexts/{id}", body_rule::none, code_resource::remove},
    route{"POST", "/api/contexts/{id}/interrupt", body_rule::none, code_resource::interrupt},
    route{"POST", "/api/contexts/{id}/restart", body_rule::none, code_resource::restart},
    route{"POST", "/api/execute/code", body_rule::object, code_resource::run},
    route{"POST", "/api/interpreter/reload", body_rule::none, code_resource::reload},
    route{"GET", "/api/interpreter/health", body_rule::none, code_resource::health},

    route{"POST", "/api/watch", body_rule::object, watch_resource::follow},
    route{"POST", "/api/watch/check", body_rule::object, watch_resource::check},
};

/// Parses the body as the route wants it into `incoming`; what is wrong with it otherwise.
std::optional<error_report> parse_body(incoming_call& incoming, body_rule rule) {
  if (rule == body_rule::none)
    return std::nullopt;
  json_limits limits;
  limits.max_depth = incoming.settings().http.max_json_depth;
  auto parsed = read_json(incoming.sent->body, limits);
  if (auto* tree = std::get_if<json_tree>(&parsed)) {
    if ((*tree)->is_object()) {
      incoming.body = std::move(*tree);
      return std::nullopt;
    }
    return validation_report({{"body", "Request body must be a JSON object", "invalid_type"}});
  }
  const auto& error = std::get<json_error>(parsed);
  if (rule == body_rule::object_or_nothing && error.why == json_error::reason::syntax) {
    incoming.body = std::make_shared<nlohmann::ordered_json>(nlohmann::ordered_json::object());
    return std::nullopt;
  }
  error_report report =
      validation_report({{error.field, "Invalid request body: " + error.message, "invalid_value"}});
  if (error.why == json_error::reason::syntax)
    report.message = "Invalid request body"; // HTTP.md 4.2
  return report;
}

error_report shutting_down(const call& incoming) {
  failed_operation operation;
  operation.spoken = incoming.spoken;
  return incoming.report({actors::error_code::shutting_down, "The sandbox is shutting down"}, operation);
}

/// HTTP.md 4.3: housekeeping of the SDK, of interest to nobody who reads the log.
bool is_internal(const json_tree& body) {
  if (!body)
    return false;
  const auto origin = body->find("origin");
  return origin != body->end() && *origin == "internal";
}

} // namespace

application::application(services with) : services_(std::make_shared<const services>(std::move(with))) {}

request_handler application::handler() {
  return [self = shared_from_this()](request_ptr sent, responder_ptr answer) {
    self->serve(std::move(sent), std::move(answer));
  };
}

void application::use(std::shared_ptr<const config::settings> settings) {
  services changed = *services_.load();
  changed.settings = std::move(settings);
  services_.store(std::make_shared<const services>(std::move(changed)));
}

void application::serve(request_ptr sent, responder_ptr answer) {
  if (sent->body.size() <= quickly_parsed_bytes)
    return serve_now(std::move(sent), std::move(answer));
  services_.load()->run_apart([self = shared_from_this(), sent = std::move(sent),
                               answer = std::move(answer)] { self->serve_now(sent, answer); });
}

void application::serve_now(request_ptr sent, responder_ptr answer) {
  const supervision::trace_scope here(sent->trace);
  incoming_call incoming;
  incoming.request_id = sent->id;
  incoming.sent = std::move(sent);
  incoming.answer = std::move(answer);
  incoming.with = services_.load();
  try {
    route(incoming);
  } catch (const std::exception& fault) {
    incoming.with->log(config::log_level::error,
                       fmt::format("request {} {} {}: {}", incoming.sent->id, incoming.sent->method,
                                   incoming.sent->path, fault.what()));
    incoming.send_error(refusal_report({500, "The server failed to serve this request"}));
  }
}

void application::route(incoming_call& incoming) {
  if (incoming.sent->method == "OPTIONS") {
    incoming.answer->send(response{});
    return;
  }
  route_match match = find_route(routes, incoming.sent->method, incoming.sent->path);
  std::optional<error_report> fault = not_found_report();
  if (match.found != nullptr)
    fault = parse_body(incoming, match.found->body);
  if (is_internal(incoming.body))
    incoming.answer->mark_internal();

  const auto decision =
      dialects_.decide(incoming.settings().http.dialect, find_evidence(*incoming.sent, incoming.body.get()));
  incoming.spoken = decision.spoken;
  if (decision.flipped())
    incoming.with->log(config::log_level::warn,
                       fmt::format("client changed from dialect {} to {} with request {} ({} {})",
                                   to_string(decision.before), to_string(decision.spoken), incoming.sent->id,
                                   incoming.sent->method, incoming.sent->path));
  if (incoming.sent->late)
    fault = shutting_down(incoming);
  if (fault) {
    incoming.send_error(*fault);
    return;
  }
  incoming.parameters = std::move(match.parameters);
  match.found->serve(incoming);
}

} // namespace sandboxd::http
