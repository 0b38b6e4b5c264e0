#pragma once

#include "files/sandbox_root.hpp"

#include <string>
#include <vector>

namespace sandboxd::files {

/// The names in an open directory, in its own order, without "." and "..".
[[nodiscard]] std::vector<std::string> names_in(int directory);

/// Another descriptor of the same open file.
[[nodiscard]] descriptor duplicate(int opened);

} // namespace sandboxd::files
