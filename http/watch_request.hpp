#pragma once

#include "actors/watch_client.hpp"
#include "http/error_body.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::http {

/// What a client wants to be watched.
struct watch_request {
  /// The path as it was sent, for answers.
  std::string given_path;
  actors::watch_options wanted;
  /// Only for a comparison.
  std::optional<actors::watch_version> since;
};

/// Checks the body of a request to watch (HTTP.md 10.1), one thing after another in the order given there.
[[nodiscard]] std::variant<watch_request, error_report> read_watch_request(const nlohmann::ordered_json& body,
                                                                           const std::string& workspace);

/// The same for a comparison (HTTP.md 10.2).
[[nodiscard]] std::variant<watch_request, error_report> read_check_request(const nlohmann::ordered_json& body,
                                                                           const std::string& workspace);

/// The path is, or leads, out of the workspace.
[[nodiscard]] error_report outside_workspace_report(std::string_view given, std::string_view resolved,
                                                    std::string_view workspace);

/// 400 whose context is a JSON object of the offending fields.
[[nodiscard]] error_report invalid_watch_report(std::string message, std::string context);

} // namespace sandboxd::http
