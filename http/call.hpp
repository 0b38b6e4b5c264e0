#pragma once

#include "actors/sandbox_client.hpp"
#include "config/settings.hpp"
#include "http/command_catalog.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"
#include "http/json_reader.hpp"
#include "http/router.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// What every resource needs. Shared by all calls; immutable apart from the catalogue, which locks itself.
struct services {
  std::shared_ptr<const config::settings> settings;
  std::shared_ptr<actors::sandbox_client> sandbox;
  std::shared_ptr<command_catalog> commands;
  /// The time of day, for timestamps.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
  /// Lines for the log that belong to no single request. Callable from any thread.
  std::function<void(config::log_level level, std::string_view text)> log;
};

using services_ptr = std::shared_ptr<const services>;

/// A 200 with JSON text.
[[nodiscard]] response json_response(std::string json);

/// One request on its way through a resource: what was asked, in which dialect, and how to answer. Copies are
/// cheap; call-backs keep one.
struct call {
  request_ptr sent;
  responder_ptr answer;
  services_ptr with;
  dialect spoken = dialect::unknown;
  /// The parsed body, a JSON object; null for routes that take none.
  json_tree body;
  path_parameters parameters;

  [[nodiscard]] const config::settings& settings() const { return *with->settings; }
  [[nodiscard]] std::string now() const;

  /// Answers 200 with JSON text.
  void send_json(std::string json) const;
  /// Answers with an error.
  void send_error(const error_report& report) const;
};

} // namespace sandboxd::http
