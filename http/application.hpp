#pragma once

#include "http/call.hpp"
#include "http/dialect.hpp"
#include "http/exchange.hpp"

#include <atomic>
#include <memory>

namespace sandboxd::http {

/// The HTTP API of a sandbox: finds what a request asks for, learns the client's dialect from it, and has the
/// resource answer. Holds no rule of the business.
///
/// Thread-safe. Hand `handler()` to the server.
class application : public std::enable_shared_from_this<application> {
public:
  /// All members of `with` must be set.
  explicit application(services with);

  /// Serves one request; what goes wrong is answered. Large bodies are parsed apart, since that takes long.
  void serve(request_ptr sent, responder_ptr answer);

  /// `serve` as a function that keeps this object alive. The object must be held by a shared pointer.
  [[nodiscard]] request_handler handler();

  /// Requests that come from now on are served under these settings.
  void use(std::shared_ptr<const config::settings> settings);

private:
  void serve_now(request_ptr sent, responder_ptr answer);
  void route(incoming_call& incoming);

  std::atomic<services_ptr> services_;
  dialect_memory dialects_;
};

} // namespace sandboxd::http
