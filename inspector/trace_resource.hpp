#pragma once

#include "inspector/call.hpp"

namespace sandboxd::inspector::trace_resource {

/// GET /inspector/api/requests: those under way, and the last that have ended; of one actor only, where that
/// is asked for.
void list(const call& incoming);

/// GET /inspector/api/trace: what was done for one request.
void show(const call& incoming);

} // namespace sandboxd::inspector::trace_resource
