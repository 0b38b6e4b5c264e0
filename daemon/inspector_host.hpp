#pragma once

#include "actors/services.hpp"
#include "daemon/log.hpp"
#include "http/admission.hpp"
#include "http/server.hpp"
#include "inspector/services.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/observer.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace sandboxd::daemon {

/// The inspector's listener, on an io_context and a thread of its own: it answers while everything else is
/// busy, and until the very end of the daemon.
class inspector_host {
public:
  /// Makes what the inspector looks at, given the io_context on which it is to work.
  using surroundings = std::function<inspector::services(asio::io_context& io)>;

  /// Nothing listens yet. `rule`: who may use it besides who comes from no workload. `lines` must outlive it.
  inspector_host(const actors::services_ptr& context, std::shared_ptr<const http::admission_rule> rule,
                 const surroundings& with, log& lines);
  inspector_host(const inspector_host&) = delete;
  inspector_host& operator=(const inspector_host&) = delete;
  ~inspector_host() { stop(); }

  /// Closes all connections and ends the thread; nothing is answered from then on. May be called twice.
  void stop();

  /// The actor "inspector", through which the tree has it listen; `listening(port)` is called each time it
  /// begins. A port that is taken is tried again later: nobody is to be without a sandbox for that.
  [[nodiscard]] supervision::child_spec child(std::function<void(std::uint16_t port)> listening) const;

private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::shared_ptr<http::server> server_;
  std::thread thread_;
};

} // namespace sandboxd::daemon
