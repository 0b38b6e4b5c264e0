#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

namespace sandboxd::actors {

/// What the starter knows.
struct process_starter_state {
  static inline const char* name = "process-starter";

  services_ptr context;
};

/// Enters processes in the table and has the supervisor `processes` start an actor for each.
process_starter_actor::behavior_type process_starter_behavior(
    supervision::typed_stateful_pointer<process_starter_state, process_starter_actor> self,
    services_ptr context);

} // namespace sandboxd::actors
