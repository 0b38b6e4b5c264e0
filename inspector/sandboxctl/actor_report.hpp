#pragma once

#include "inspector/sandboxctl/documents.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <vector>

namespace sandboxd::sandboxctl {

/// All that the schema ActorInFull tells, for people. `now` is for ages.
[[nodiscard]] std::vector<styled_line> actor_report(const json& document, utc_time now, bool is_utf8);

} // namespace sandboxd::sandboxctl
