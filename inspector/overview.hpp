#pragma once

#include "inspector/call.hpp"

namespace sandboxd::inspector {

/// GET /inspector/api/overview: the daemon as a whole.
void show_overview(const call& incoming);

} // namespace sandboxd::inspector
