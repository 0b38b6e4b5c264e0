#pragma once

#include "actors/messages.hpp"
#include "config/settings.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <variant>

namespace sandboxd::http {

/// Whether the answer comes at the command's end (`/api/execute`) or as it runs (`/api/execute/stream`).
enum class execute_kind : std::uint8_t { unary, stream };

/// A valid request to run a command.
struct execute_request {
  actors::command_request run;
  dialect spoken = dialect::unknown;
  /// Whether the client named a session, which dialect B then gets back.
  bool session_named = false;

  [[nodiscard]] bool sessionless() const { return run.mode == actors::run_mode::sessionless; }
};

/// Checks the body of a request to run a command and turns it into a message (HTTP.md 4.3, 4.6, 4.7). Long
/// strings are moved out of `body`. Every fault is named in the report.
[[nodiscard]] std::variant<execute_request, error_report>
read_execute_request(const request& sent, nlohmann::ordered_json& body, dialect spoken, execute_kind kind,
                     const config::settings& settings);

} // namespace sandboxd::http
