#pragma once

#include "files/sandbox_root.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sandboxd::files {

/// The names in an open directory, in its own order, without "." and "..".
[[nodiscard]] std::vector<std::string> names_in(int directory);

/// The same one by one, with what is known to be a directory; a symbolic link is none. Stops when `visit`
/// answers false.
void visit_names(int directory, const std::function<bool(std::string name, bool is_directory)>& visit);

/// Another descriptor of the same open file.
[[nodiscard]] descriptor duplicate(int opened);

} // namespace sandboxd::files
