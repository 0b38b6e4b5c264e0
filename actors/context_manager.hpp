#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <cstdint>

namespace sandboxd::actors {

/// What the manager of code contexts knows.
struct context_manager_state {
  static inline const char* name = "context-manager";

  services_ptr context;
  std::uint64_t last_number = 0; ///< makes child ids unique
};

/// Makes code contexts: gives each an id, enters it into the table, has the supervisor of contexts start its
/// actor, which answers. Keeps nothing that a restart could lose.
context_manager_actor::behavior_type context_manager_behavior(
    supervision::typed_stateful_pointer<context_manager_state, context_manager_actor> self,
    services_ptr context);

} // namespace sandboxd::actors
