#pragma once

#include "inspector/call.hpp"

/// The journal of the tree.
namespace sandboxd::inspector::journal_resource {

/// GET /inspector/api/journal: what has happened, a page at a time.
void list(const call& incoming);

/// GET /inspector/api/journal/stream: the same as events, and then what happens.
void follow(const call& incoming);

} // namespace sandboxd::inspector::journal_resource
