#pragma once

#include "inspector/call.hpp"

/// The settings, and those that may be turned while the daemon runs.
namespace sandboxd::inspector::settings_resource {

/// GET /inspector/api/settings: all of them, and where they come from.
void list(const call& incoming);

/// POST /inspector/api/settings: one has another value, until the daemon ends or reads its configuration
/// again.
void change(const call& incoming);

} // namespace sandboxd::inspector::settings_resource
