#pragma once

#include "actors/messages.hpp"
#include "config/settings.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sandboxd::http {

/// Checks the body of a request to create a session and turns it into a message (HTTP.md 4.1).
///
/// `now` and `random` make the id of a session whose client of dialect B chose none: `session_<ms>_<12 hex>`.
[[nodiscard]] std::variant<actors::session_options, error_report>
read_session_options(nlohmann::ordered_json& body, dialect spoken, const config::settings& settings,
                     std::chrono::system_clock::time_point now, std::uint64_t random);

/// The id in the body of a request to delete a session (HTTP.md 4.2).
[[nodiscard]] std::variant<std::string, error_report> read_session_to_delete(nlohmann::ordered_json& body);

} // namespace sandboxd::http
