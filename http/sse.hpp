#pragma once

#include "http/exchange.hpp"

#include <string>
#include <string_view>

namespace sandboxd::http {

/// Headers of every answer that is a stream of events (HTTP.md 1.5).
[[nodiscard]] header_list event_stream_headers();

/// A comment line for quiet streams, which every parser of the SDK skips.
inline constexpr std::string_view keepalive_comment = ": ka\n\n";

inline constexpr std::string_view event_begin = "data: ";
inline constexpr std::string_view event_end = "\n\n";

/// One event. `json` must be one line.
[[nodiscard]] std::string sse_event(std::string_view json);

} // namespace sandboxd::http
