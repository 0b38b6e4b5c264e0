#pragma once

#include "http/error_body.hpp"

namespace sandboxd::fuzz {

/// What must hold of the answer to every request that is refused for what it says: it is the client's fault
/// (4xx) with a code and a message, and JSON that clients can read.
void check_refusal_report(const http::error_report& report);

/// Whether the report tells which field is wrong: in its context, or by its code.
[[nodiscard]] bool names_a_field(const http::error_report& report);

} // namespace sandboxd::fuzz
