#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// One session as the manager knows it.
struct known_session {
  /// Id of its tree below the `sessions` supervisor: its number.
  std::string child;
  /// The tree's supervisor; null while it starts.
  caf::strong_actor_ptr tree;
  /// Creations that wait for it to be ready; each answer says what its request may see.
  std::vector<create_session> creations;
  /// Commands that wait for it to be ready.
  std::vector<run_command> commands;

  [[nodiscard]] bool ready() const noexcept { return static_cast<bool>(tree); }
};

/// What the manager knows.
struct session_manager_state {
  static inline const char* name = "session-manager";

  services_ptr context;
  std::map<std::string, known_session> sessions;
  std::uint64_t ending = 0;      ///< that nobody can use any more while what they started is being ended
  std::uint64_t last_number = 0; ///< makes child ids and control directories unique
};

/// Knows which sessions there are: makes them, on demand too, ends them, and passes commands on. It keeps
/// nothing a restart could lose: after a crash it asks the sessions that live.
session_manager_actor::behavior_type session_manager_behavior(
    supervision::typed_stateful_pointer<session_manager_state, session_manager_actor> self,
    services_ptr context);

} // namespace sandboxd::actors
