#pragma once

#include "config/settings.hpp"
#include "http/body_budget.hpp"
#include "http/connection_registry.hpp"
#include "http/port_relays.hpp"
#include "http/server_hooks.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// What all connections of one server share. Safe from any thread.
struct transport {
  transport(const config::settings& with, server_hooks calls);

  /// A new id, unlike any other of this run of the daemon and very likely of other runs.
  [[nodiscard]] std::string new_request_id();

  /// The client's id when it is short and harmless (at most 64 letters, digits, '.', '_', '-'), else a new
  /// one.
  [[nodiscard]] std::string request_id(const std::string& offered);

  /// Calls the hooks; what they throw is reported, never passed on.
  void log(const access_record& record) noexcept;
  void report(std::string_view text) noexcept;
  [[nodiscard]] response refuse(const refusal& why) noexcept;

  /// Runs a callback given to us; what it throws is reported.
  template <typename Callback>
  void protect(const Callback& callback) noexcept {
    if (silent)
      return;
    try {
      callback();
    } catch (const std::exception& fault) {
      report(fault.what());
    }
  }

  const config::http_settings settings;
  const request_limits limits;
  /// What must arrive of a body within each `body-timeout`.
  const std::uint64_t least_body_bytes;
  const server_hooks hooks;
  const std::shared_ptr<body_budget> budget;
  connection_registry connections;
  /// Null when there is no proxy.
  const std::shared_ptr<port_relays> relays;

  /// Set when the server stops: every further answer closes its connection.
  std::atomic<bool> draining = false;

  /// Set when the server is destroyed: responders may live on, but nobody is called any more.
  std::atomic<bool> silent = false;

private:
  const std::string run_;
  std::atomic<std::uint64_t> request_count_ = 0;
};

} // namespace sandboxd::http
