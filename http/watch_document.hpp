#pragma once

#include "actors/watch_client.hpp"
#include "http/call.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/watch_request.hpp"

#include <string>
#include <string_view>

/// What clients are told of watches (HTTP.md 10).
namespace sandboxd::http {

[[nodiscard]] std::string_view to_string(actors::change_type type);

/// Events, as they are sent.
[[nodiscard]] std::string watching_event(std::string_view path, std::string_view watch_id);
[[nodiscard]] std::string change_event(const actors::watch_change& change);
[[nodiscard]] std::string end_event(const actors::watch_end& how);

/// The answer to a comparison; of a version that is not ahead.
[[nodiscard]] std::string check_json(const actors::watch_check& found, const std::string& timestamp);

/// What a client is told when a path cannot be watched.
[[nodiscard]] error_report watch_error(const call& incoming, const actors::failure& reason,
                                       const watch_request& wanted);

} // namespace sandboxd::http
