#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Decodes %XX; a '%' that begins no such code stays as it is. '+' is no space: that is a rule of forms, not
/// of URLs.
[[nodiscard]] std::string percent_decode(std::string_view encoded);

/// The decoded value of the first `name=value` of a query string (without '?'), empty for a bare `name`.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

} // namespace sandboxd::http
