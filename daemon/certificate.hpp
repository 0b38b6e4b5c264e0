#pragma once

#include "config/settings.hpp"

#include <chrono>
#include <string>

namespace sandboxd::daemon {

/// How long the platform may take to put its certificate in place (HTTP.md 16.1, SANDBOX_INTERCEPT_HTTPS).
inline constexpr std::chrono::seconds certificate_deadline{5};

/// With `sandbox.intercept-https`: waits for `sandbox.ca-certificate`, appends it to the system's bundle and
/// sets the variables by which Node, OpenSSL, curl, requests and git find them, for the daemon and all it
/// starts. Blocks; before any thread exists. Throws std::runtime_error when the file does not come in time.
void trust_platform_certificate(const config::sandbox_settings& settings);

} // namespace sandboxd::daemon
