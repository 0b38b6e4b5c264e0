#pragma once

#include "inspector/sandboxctl/documents.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <array>
#include <string_view>

namespace sandboxd::sandboxctl {

/// What the interface calls the kinds of events.
inline constexpr std::array<std::string_view, 10> event_kinds{
    "started", "start_failed", "stopping", "killing", "stopped",
    "exited",  "restarting",   "gave_up",  "breaker", "notice"};

/// An event of the journal: when, what, where, and what was said.
[[nodiscard]] styled_line event_line(const json& event);

} // namespace sandboxd::sandboxctl
