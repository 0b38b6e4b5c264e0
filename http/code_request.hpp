#pragma once

#include "actors/code_messages.hpp"
#include "http/error_body.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <variant>

namespace sandboxd::http {

/// The body of `POST /api/contexts` (HTTP.md 9.1). `env_vars` is the SDK's; `envVars`, `variables` and
/// `timeout_ms` are extensions.
[[nodiscard]] std::variant<actors::context_options, error_report>
read_context_request(nlohmann::ordered_json& body);

/// The body of `POST /api/execute/code` (HTTP.md 9.4); `env_vars` is an extension. The id of the context may
/// be anything, as the reference takes it: what is none is not found.
[[nodiscard]] std::variant<actors::run_request, error_report> read_run_request(nlohmann::ordered_json& body);

} // namespace sandboxd::http
