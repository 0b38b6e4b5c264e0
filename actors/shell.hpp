#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <memory>

namespace sandboxd::actors {

/// What the owner of a session's bash knows.
struct shell_state {
  static inline const char* name = "shell";

  shell_state() = default;
  /// Whatever ends the actor ends its bash, so that none is left beside the next one.
  ~shell_state();
  shell_state(const shell_state&) = delete;
  shell_state& operator=(const shell_state&) = delete;

  std::shared_ptr<launcher::shell> process; ///< null until session and init have answered
};

/// Owns the bash of one session: asks the session how it shall start, the init (its older sibling) for the
/// place, and hands the running shell to the session, which drives it. A bash that ended by what a command
/// did is no fault: the actor then ends normally and the session has it started again. Everything else is a
/// failure.
///
/// `control_directory`: for the shell's control files.
shell_actor::behavior_type shell_behavior(supervision::typed_stateful_pointer<shell_state, shell_actor> self,
                                          const services_ptr& context, std::string control_directory);

} // namespace sandboxd::actors
