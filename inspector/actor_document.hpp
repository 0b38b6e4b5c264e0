#pragma once

#include "supervision/actor_record.hpp"

#include <string>

namespace sandboxd::inspector {

/// One actor as a JSON object (`Actor` in openapi.json).
[[nodiscard]] std::string actor_document(const supervision::actor_snapshot& actor);

/// The same with the histograms of its mailbox (`ActorInFull`), without the braces.
[[nodiscard]] std::string full_actor_members(const supervision::actor_snapshot& actor);

} // namespace sandboxd::inspector
