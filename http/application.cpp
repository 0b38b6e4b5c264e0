#include "http/application.hpp"

#include "http/execute_resource.hpp"
#include "http/json_reader.hpp"
#include "http/misc_resource.hpp"
#include "http/router.hpp"
#include "http/session_resource.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

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
};

/// Parses the body as the route wants it into `incoming`; what is wrong with it otherwise.
std::optional<error_report> parse_body(call& incoming, body_rule rule) {
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
    return validation_report({{"body", "Invalid request body: must be a JSON object", "invalid_type"}});
  }
  const auto& error = std::get<json_error>(parsed);
  if (rule == body_rule::object_or_nothing && error.why == json_error::reason::syntax) {
    incoming.body = std::make_shared<nlohmann::ordered_json>(nlohmann::ordered_json::object());
    return std::nullopt;
  }
  return validation_report({{error.field, "Invalid request body: " + error.message, "invalid_value"}});
}

error_report fault_report() {
  error_report report;
  report.code = "INTERNAL_ERROR";
  report.message = "The server failed to serve this request";
  return report;
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
  call incoming{std::move(sent), std::move(answer), services_.load(), dialect::unknown, nullptr, {}};
  try {
    route(incoming);
  } catch (const std::exception& fault) {
    incoming.with->log(config::log_level::error,
                       fmt::format("request {} {} {}: {}", incoming.sent->id, incoming.sent->method,
                                   incoming.sent->path, fault.what()));
    incoming.send_error(fault_report());
  }
}

void application::route(call& incoming) {
  if (incoming.sent->method == "OPTIONS") {
    incoming.answer->send(response{});
    return;
  }
  route_match match = find_route(routes, incoming.sent->method, incoming.sent->path);
  std::optional<error_report> fault = not_found_report();
  if (match.found != nullptr)
    fault = parse_body(incoming, match.found->body);

  const auto decision =
      dialects_.decide(incoming.settings().http.dialect, find_evidence(*incoming.sent, incoming.body.get()));
  incoming.spoken = decision.spoken;
  if (decision.flipped())
    incoming.with->log(config::log_level::warn,
                       fmt::format("client changed from dialect {} to {} with request {} ({} {})",
                                   to_string(decision.before), to_string(decision.spoken), incoming.sent->id,
                                   incoming.sent->method, incoming.sent->path));
  if (fault) {
    incoming.send_error(*fault);
    return;
  }
  incoming.parameters = std::move(match.parameters);
  match.found->serve(incoming);
}

} // namespace sandboxd::http
