#pragma once

#include <chrono>
#include <string>

namespace sandboxd::http {

/// ISO-8601 in UTC with milliseconds, for example `2026-01-31T12:34:56.789Z` (HTTP.md 1.4).
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point when);

} // namespace sandboxd::http
