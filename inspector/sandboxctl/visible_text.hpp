#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Texts from workloads, made fit for a terminal. Widths are counted in code points.
namespace sandboxd::sandboxctl {

/// The text in one line without anything a terminal would obey: control characters (those of C1 too), what is
/// no UTF-8, and characters that turn the direction of writing come as `\n`, `\x1b`, `\u202e` and the like.
[[nodiscard]] std::string visible(std::string_view text);

/// Code points of valid UTF-8.
[[nodiscard]] std::size_t length(std::string_view text);

/// The first `width` code points; the last of them is an ellipsis when something is left out.
[[nodiscard]] std::string cut_end(std::string_view text, std::size_t width);

/// The last `width` code points; the first of them is an ellipsis when something is left out.
[[nodiscard]] std::string cut_begin(std::string_view text, std::size_t width);

/// Valid UTF-8 with a `?` for every code point that is not ASCII (a `~` for the ellipsis).
[[nodiscard]] std::string as_ascii(std::string_view text);

} // namespace sandboxd::sandboxctl
