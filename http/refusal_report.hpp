#pragma once

#include "http/error_body.hpp"
#include "http/request_head.hpp"

namespace sandboxd::http {

/// What a client is told when the guard refuses its request before any handler sees it.
[[nodiscard]] error_report refusal_report(const refusal& why);

} // namespace sandboxd::http
