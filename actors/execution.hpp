#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

namespace sandboxd::actors {

/// What the runner of one command outside of any session knows.
struct execution_state {
  static inline const char* name = "execution";

  services_ptr context;
  run_command command;
  init_handle process; ///< null until the spawner has answered
  bool stopping = false;

  execution_state() = default;
  execution_state(const execution_state&) = delete;
  execution_state& operator=(const execution_state&) = delete;
  ~execution_state(); ///< kills whatever is left of the command
};

/// Runs one command in a fresh `bash -c` below an init of its own (HTTP.md 4.7) and ends when nothing of it
/// is left. When asked to stop it ends the command (SIGTERM, `session.kill-grace`, SIGKILL) before itself.
execution_actor::behavior_type
execution_behavior(supervision::typed_stateful_pointer<execution_state, execution_actor> self,
                   services_ptr context, run_command command);

} // namespace sandboxd::actors
