#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::ports {

/// What a client gave as a path, as it may stand in a request line: it begins with a slash, has no fragment,
/// and what no URL may hold is percent-encoded.
[[nodiscard]] std::string probe_target(std::string_view path);

/// Where a redirect of a probe leads, as the target of the next request; absent when it leaves `http`, this
/// host or this port (HTTP.md 8.3). `from`: the target that was asked for.
[[nodiscard]] std::optional<std::string> redirect_target(std::string_view location, std::string_view from,
                                                         std::uint16_t port);

} // namespace sandboxd::ports
