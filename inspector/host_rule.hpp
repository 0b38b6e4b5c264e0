#pragma once

#include <string_view>

namespace sandboxd::inspector {

/// Whether a Host header names an address or localhost. A page that somebody visits could else have its own
/// name point here, and read what it is not to see (DNS rebinding).
[[nodiscard]] bool is_harmless_host(std::string_view host);

} // namespace sandboxd::inspector
