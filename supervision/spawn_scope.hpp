#pragma once

#include "supervision/actor_record.hpp"
#include "supervision/directory.hpp"
#include "supervision/observer.hpp"
#include "supervision/trace.hpp"

#include <caf/actor_control_block.hpp>

#include <memory>

namespace sandboxd::supervision {

/// What an actor is born with. CAF hands an actor spawned from a function nothing but its `actor_config`, so
/// this travels through a thread-local slot: the spawner fills it (`spawn_scope::offer`), the constructor of
/// the actor base, which runs inside the same call of `spawn`, takes it out.
struct spawn_scope {
  std::shared_ptr<actor_record> record; ///< never null in an actor
  observer_ptr observer;                ///< null outside of any tree
  caf::weak_actor_ptr supervisor;       ///< null for a root
  directory::registration listing;      ///< of a root; other actors are listed by their supervisor
  trace_origin origin = {};             ///< for what it is spawned; `take` fills it in

  /// Fills the slot of this thread until destroyed.
  class offer {
  public:
    explicit offer(spawn_scope scope);
    offer(const offer&) = delete;
    offer& operator=(const offer&) = delete;
    ~offer();
  };

  /// Empties the slot of this thread. When nothing was offered, the actor gets a record that no directory
  /// lists. It is spawned for what this thread works for.
  static spawn_scope take();
};

} // namespace sandboxd::supervision
