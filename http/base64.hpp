#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Base64 as of RFC 4648, with padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// The bytes of a base64 text, with its padding or without; nothing for any other character, white space and
/// the alphabet of URLs included (HTTP.md 6.2).
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace sandboxd::http
