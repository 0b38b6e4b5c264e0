#pragma once

#include "inspector/sandboxctl/overview.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <vector>

namespace sandboxd::sandboxctl {

/// Everything that is wrong, the critical first, or that nothing is.
[[nodiscard]] std::vector<styled_line> doctor_report(const overview& daemon);

[[nodiscard]] bool is_critical(const overview& daemon);

} // namespace sandboxd::sandboxctl
