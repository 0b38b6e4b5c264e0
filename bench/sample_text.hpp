#pragma once

#include <cstddef>
#include <string>

namespace sandboxd::bench {

/// Length of a line of `sample_text` with its line feed, in bytes.
inline constexpr std::size_t sample_line_bytes = 64;

/// So many bytes of lines of 63 digits and a line feed.
std::string sample_text(std::size_t bytes);

} // namespace sandboxd::bench
