#pragma once

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/styled_line.hpp"
#include "inspector/sandboxctl/table.hpp"
#include "inspector/sandboxctl/trace.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace sandboxd::sandboxctl {

/// How long a request has been under way at `now`; nothing when it does not tell when it began.
[[nodiscard]] std::optional<std::chrono::microseconds> age_of(const traced_request& request, utc_time now);

/// The status of its answer, none, or that it is under way.
[[nodiscard]] cell status_of(const traced_request& request);

/// That the client takes nothing of the answer, if so, else how the request ended, unless that is complete.
[[nodiscard]] cell remarkable_of(const traced_request& request);

/// Requests under way, and below them those that have ended, each in the order given. Those that share a
/// request id have their span ids, by which each can be named. `now` is for ages.
[[nodiscard]] std::vector<styled_line> request_table(const std::vector<traced_request>& open,
                                                     const std::vector<traced_request>& ended, utc_time now);

} // namespace sandboxd::sandboxctl
