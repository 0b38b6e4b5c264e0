#pragma once

#include "launcher/descriptor.hpp"

#include <string>

namespace sandboxd::launcher {

/// A new file for reading and writing that has no name and so vanishes with its descriptor; none where the
/// directory takes no file (errno says why).
[[nodiscard]] descriptor open_spill_file(const std::string& directory);

} // namespace sandboxd::launcher
