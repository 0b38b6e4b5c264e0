#pragma once

#include "actors/messages.hpp"
#include "http/dialect.hpp"
#include "http/exchange.hpp"
#include "http/json_fields.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Which session a request means.
namespace sandboxd::http {

/// The session of dialect B for requests that name none.
inline constexpr std::string_view default_session = "default";

/// Whether this is the form of dialect A's default session. Its client remembers for ever that it exists,
/// although a new container knows nothing of it, so it is made on demand (HTTP.md 4.3).
[[nodiscard]] bool is_default_session_of_a(std::string_view id);

/// The session named by the headers or the query: a bearer token, `X-Session-Id`, `?session=`, `?sessionId=`,
/// in this order (HTTP.md 1.2). Absent when none names one.
[[nodiscard]] std::optional<std::string> session_outside_body(const request& sent);

/// The session a request means, and what it means when there is none of that id: dialect A knows which
/// sessions it has made, but for its default one (HTTP.md 4.3).
struct session_choice {
  std::string id;
  actors::if_missing missing = actors::if_missing::create;
};

/// That of `sessionId` in the body, else one named outside of it, else the default. An id that is none
/// becomes an error of `fields`.
[[nodiscard]] session_choice read_session(const request& sent, field_reader& fields, dialect spoken);

} // namespace sandboxd::http
