#pragma once

#include "inspector/sandboxctl/actor.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <cstddef>
#include <vector>

namespace sandboxd::sandboxctl {

struct tree_style {
  bool is_utf8 = true;            ///< box characters, else ASCII
  std::size_t most_children = 10; ///< shown of a dynamic supervisor; 0: all
};

/// The supervision tree, one actor a line, each below its supervisor. The order of `actors` does not matter;
/// one whose supervisor is not among them is a root. Of many dynamic children those with remarks come before
/// others, and a last line tells how many are left out.
[[nodiscard]] std::vector<styled_line> draw_tree(const std::vector<actor>& actors, const tree_style& style);

} // namespace sandboxd::sandboxctl
