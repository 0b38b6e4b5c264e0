#pragma once

#include "actors/code_client.hpp"
#include "actors/file_client.hpp"
#include "actors/git_client.hpp"
#include "actors/port_client.hpp"
#include "actors/process_client.hpp"
#include "actors/sandbox_client.hpp"
#include "actors/watch_client.hpp"
#include "config/settings.hpp"
#include "http/command_catalog.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"
#include "http/failure_report.hpp"
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
  std::shared_ptr<actors::file_client> files;
  std::shared_ptr<actors::process_client> processes;
  std::shared_ptr<actors::port_client> ports;
  std::shared_ptr<actors::git_client> git;
  std::shared_ptr<actors::watch_client> watches;
  std::shared_ptr<actors::code_client> code;
  std::shared_ptr<command_catalog> commands;
  /// The time of day, for timestamps.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
  /// Lines for the log beside the access log. Callable from any thread.
  std::function<void(config::log_level level, std::string_view text)> log;
  /// How much of a command's output is kept, and where. Callable from any thread.
  std::function<actors::capture_limits()> capture_limits;
  /// Runs a task, one after another in this order, on a thread that it may keep for seconds. Callable from
  /// any thread.
  std::function<void(std::function<void()> task)> run_apart;
};

using services_ptr = std::shared_ptr<const services>;

/// A 200 with JSON text.
[[nodiscard]] response json_response(std::string json);

/// What is needed to answer a request, in its dialect. Copies are cheap; call-backs keep one.
struct call {
  responder_ptr answer;
  services_ptr with;
  dialect spoken = dialect::unknown;
  std::string request_id;

  [[nodiscard]] const config::settings& settings() const { return *with->settings; }
  [[nodiscard]] std::string now() const;

  /// Answers 200 with JSON text.
  void send_json(std::string json) const;
  /// Answers with an error.
  void send_error(const error_report& report) const;

  /// What the client is told of a failure; the log is told what the client is not.
  [[nodiscard]] error_report report(const actors::failure& reason, const failed_operation& operation) const;
};

/// A call together with what was sent. It lasts no longer than the resource takes to read it: what a client
/// has sent counts against `http.max-buffered-bytes`, however long the answer takes.
struct incoming_call : call {
  request_ptr sent;
  /// The parsed body, a JSON object; null for routes that take none.
  json_tree body;
  path_parameters parameters;

  /// What call-backs keep.
  [[nodiscard]] call to_answer() const { return *this; }
};

} // namespace sandboxd::http
