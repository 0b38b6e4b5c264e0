#pragma once

#include "inspector/sandboxctl/styled_line.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sandboxd::sandboxctl {

/// A bar for each element of a histogram of times as the interface has them: the first counts times below 1
/// microsecond, element i those below 2^i, the last everything longer. Empty elements at both ends are left
/// out. The longest bar is `bar_width` long; a bar of what is not zero is never empty.
[[nodiscard]] std::vector<styled_line> draw_histogram(const std::vector<std::uint64_t>& counts,
                                                      std::size_t bar_width, bool is_utf8);

} // namespace sandboxd::sandboxctl
