#pragma once

#include "http/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Which session a request means, where its body does not say.
namespace sandboxd::http {

/// The session of dialect B for requests that name none.
inline constexpr std::string_view default_session = "default";

/// Whether this is the form of dialect A's default session. Its client remembers for ever that it exists,
/// although a new container knows nothing of it, so it is made on demand (HTTP.md 4.3).
[[nodiscard]] bool is_default_session_of_a(std::string_view id);

/// The session named by the headers or the query: a bearer token, `X-Session-Id`, `?session=`, `?sessionId=`,
/// in this order (HTTP.md 1.2). Absent when none names one.
[[nodiscard]] std::optional<std::string> session_outside_body(const request& sent);

} // namespace sandboxd::http
