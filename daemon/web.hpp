#pragma once

#include "actors/services.hpp"
#include "daemon/log.hpp"
#include "http/admission.hpp"
#include "http/application.hpp"
#include "http/request_counters.hpp"
#include "http/server.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/observer.hpp"

#include <asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace sandboxd::daemon {

/// The HTTP side put together: the server with the application behind it, writing to the log.
struct web {
  std::shared_ptr<http::application> application;
  std::shared_ptr<http::server> server;
  std::shared_ptr<http::request_counters> requests;
  /// Nobody is let in any more: the actor "http" does not listen again.
  std::shared_ptr<std::atomic<bool>> is_draining = std::make_shared<std::atomic<bool>>(false);
  /// Who may use it. The token may come from a pipe, which is read once.
  std::shared_ptr<const http::admission_rule> rule;
  /// Parses large bodies, one at a time, which bounds the memory that takes. Last, so that it ends first: its
  /// tasks use the others.
  std::unique_ptr<asio::thread_pool> parser;
};

/// Makes it; nothing listens yet. `context` and `lines` must outlive it.
web make_web(const actors::services_ptr& context, log& lines, const supervision::observer_ptr& observer);

/// The actor "http", through which the tree starts and stops listening; `listening(port)` is called when it
/// has begun for the first time. The server itself outlives its restarts, and with it the open connections.
supervision::child_spec web_child(const web& made, std::function<void(std::uint16_t port)> listening);

} // namespace sandboxd::daemon
