#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

namespace sandboxd::actors {

/// What the owner of a session's init knows.
struct init_state {
  static inline const char* name = "init";

  services_ptr context;
  init_handle process; ///< null until the spawner has answered
  bool stopping = false;

  init_state() = default;
  init_state(const init_state&) = delete;
  init_state& operator=(const init_state&) = delete;
  ~init_state(); ///< kills whatever is left of the session
};

/// Owns the init of one session: asks the launcher for it and confirms its own start when it runs. Ends with
/// an error when the init is lost. When asked to stop it ends everything in the session (SIGTERM,
/// `session.kill-grace`, SIGKILL) before itself.
init_actor::behavior_type init_behavior(supervision::typed_stateful_pointer<init_state, init_actor> self,
                                        services_ptr context, bool isolate);

} // namespace sandboxd::actors
