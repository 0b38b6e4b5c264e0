#include "inspector/application.hpp"

#include "http/error_body.hpp"
#include "inspector/action_resource.hpp"
#include "inspector/actor_resource.hpp"
#include "inspector/call.hpp"
#include "inspector/host_rule.hpp"
#include "inspector/journal_resource.hpp"
#include "inspector/metrics.hpp"
#include "inspector/overview.hpp"
#include "inspector/page_resource.hpp"
#include "inspector/settings_resource.hpp"
#include "inspector/trace_resource.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::inspector {

namespace {

struct route {
  std::string_view method;
  std::string_view path;
  void (*serve)(const call& incoming);
};

/// The interface's contents page.
constexpr std::array routes{
    route{"GET", "/inspector/api/overview", show_overview},
    route{"GET", "/inspector/api/actors", actor_resource::list},
    route{"GET", "/inspector/api/actor", actor_resource::show},
    route{"GET", "/inspector/api/actors/stream", actor_resource::follow},
    route{"GET", "/inspector/api/requests", trace_resource::list},
    route{"GET", "/inspector/api/trace", trace_resource::show},
    route{"GET", "/metrics", show_metrics},
    route{"POST", "/inspector/api/actor/restart", action_resource::restart},
    route{"POST", "/inspector/api/actor/stop", action_resource::stop},
    route{"POST", "/inspector/api/actor/signal", action_resource::signal},
    route{"POST", "/inspector/api/breaker", action_resource::turn_breaker},
    route{"POST", "/inspector/api/request/cut", action_resource::cut_request},
    route{"POST", "/inspector/api/drain", action_resource::drain},
    route{"GET", "/inspector/api/settings", settings_resource::list},
    route{"POST", "/inspector/api/settings", settings_resource::change},
    route{"GET", "/inspector/api/journal", journal_resource::list},
    route{"GET", "/inspector/api/journal/stream", journal_resource::follow},
};

http::error_report forbidden(std::string message) {
  http::error_report report;
  report.code = "FORBIDDEN";
  report.status = 403;
  report.message = std::move(message);
  return report;
}

http::error_report wrong_host() {
  return forbidden("The inspector answers to an address or to localhost, not to other names");
}

http::error_report wrong_origin() {
  return forbidden("The inspector answers no page but its own");
}

/// A browser tells for whom it asks. What a page of another origin may not read, it could still have done.
bool comes_from_elsewhere(const http::request& sent) {
  const auto* site = sent.header("Sec-Fetch-Site");
  return site != nullptr && *site != "same-origin" && *site != "none";
}

void serve(const call& incoming) {
  const auto* host = incoming.sent->header("Host");
  if (host != nullptr && !is_harmless_host(*host))
    return incoming.send_error(wrong_host());
  const auto found = std::ranges::find_if(routes, [&](const route& one) {
    return one.method == incoming.sent->method && one.path == incoming.sent->path;
  });
  if (found != routes.end())
    return comes_from_elsewhere(*incoming.sent) ? incoming.send_error(wrong_origin())
                                                : found->serve(incoming);
  const auto* file = incoming.sent->method == "GET" ? find_page_file(incoming.sent->path) : nullptr;
  if (file == nullptr)
    return incoming.send_error(http::not_found_report());
  send_page_file(incoming, *file);
}

} // namespace

http::request_handler make_application(std::shared_ptr<const services> with) {
  return [with = std::move(with)](http::request_ptr sent, http::responder_ptr answer) {
    serve({std::move(sent), std::move(answer), with});
  };
}

} // namespace sandboxd::inspector
