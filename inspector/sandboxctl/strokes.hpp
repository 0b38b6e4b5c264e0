#pragma once

#include <string_view>

namespace sandboxd::sandboxctl {

/// What stands before the lines of a tree; all are equally wide.
struct strokes {
  std::string_view child, last_child; ///< of the line of a child
  std::string_view line, space;       ///< of those below it
};

/// Box characters, else ASCII.
[[nodiscard]] constexpr strokes strokes_for(bool is_utf8) {
  return is_utf8 ? strokes{"├─ ", "└─ ", "│  ", "   "} : strokes{"|- ", "`- ", "|  ", "   "};
}

} // namespace sandboxd::sandboxctl
