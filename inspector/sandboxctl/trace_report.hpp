#pragma once

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/styled_line.hpp"
#include "inspector/sandboxctl/trace.hpp"

#include <cstddef>
#include <vector>

namespace sandboxd::sandboxctl {

struct trace_style {
  std::size_t bar_width = 24; ///< columns for the whole time of the request, not 0
  bool is_utf8 = true;        ///< box and block characters, else ASCII
};

/// About the request, then its spans as a tree, one a line, each below its parent in the order in which they
/// began; one whose parent is not among them is a root. A bar shows when a span was; of
/// one that is under way it reaches to the end. `now` is for ages.
[[nodiscard]] std::vector<styled_line> trace_report(const trace& told, utc_time now,
                                                    const trace_style& style = {});

} // namespace sandboxd::sandboxctl
