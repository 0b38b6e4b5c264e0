#pragma once

#include "inspector/call.hpp"

/// What there is to see of actors.
namespace sandboxd::inspector::actor_resource {

/// GET /inspector/api/actors: those that live now, in the order of their paths, a page at a time.
void list(const call& incoming);

/// GET /inspector/api/actor: one of them in full.
void show(const call& incoming);

/// GET /inspector/api/actors/stream: events with all actors at first, and then with what has changed.
void follow(const call& incoming);

} // namespace sandboxd::inspector::actor_resource
