#pragma once

#include <cstddef>
#include <string_view>

namespace sandboxd::files {

/// How much of a file's beginning tells its type; a tar archive shows itself at byte 257.
inline constexpr std::size_t sniffed_bytes = 8192;

/// The MIME type that a file's name tells by its extension (ASCII letters compare without case); empty when
/// it tells none. Types are those of the reference's runtime (HTTP.md 6.3), without parameters.
[[nodiscard]] std::string_view mime_type_of_name(std::string_view name);

/// The MIME type that content tells: by magic numbers, else `text/plain` for UTF-8 without NUL,
/// `inode/x-empty` for nothing at all, `application/octet-stream` for the rest.
/// `beginning`: the first `sniffed_bytes`, or all of a shorter file; a character cut at its end is no fault.
[[nodiscard]] std::string_view mime_type_of_content(std::string_view beginning);

/// Whether content of this type is text (HTTP.md 6.3, SDK 0.11.0 and later).
[[nodiscard]] bool is_text_type(std::string_view type);

} // namespace sandboxd::files
