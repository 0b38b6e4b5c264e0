#pragma once

#include "actors/errors.hpp"

#include <string>
#include <system_error>

namespace sandboxd::actors {

/// A failed system call as a failure of a file operation (HTTP.md 3.2). `path`: the file concerned, absolute.
[[nodiscard]] failure file_failure(const std::error_code& error, std::string path);

} // namespace sandboxd::actors
