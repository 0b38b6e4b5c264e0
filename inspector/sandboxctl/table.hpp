#pragma once

#include "inspector/sandboxctl/styled_line.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

enum class side { left, right };

struct column {
  std::string title;
  side aligned = side::left;
  std::size_t widest = std::numeric_limits<std::size_t>::max(); ///< longer cells are cut
};

struct cell {
  std::string text;
  tone how = tone::plain;
};

/// A line of titles and one for each row, columns as wide as their widest cell and two spaces apart. Rows may
/// have fewer cells than there are columns.
[[nodiscard]] std::vector<styled_line> lay_out(const std::vector<column>& columns,
                                               const std::vector<std::vector<cell>>& rows);

} // namespace sandboxd::sandboxctl
