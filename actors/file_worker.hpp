#pragma once

#include "actors/interfaces.hpp"
#include "supervision/actor_base.hpp"

namespace sandboxd::actors {

/// What a worker knows.
struct file_worker_state {
  static inline const char* name = "file-worker";
};

/// Does one task after another that may block, on a thread of its own (spawn it `caf::detached`), and tells
/// its sibling `pool` whenever it is idle.
file_worker_actor::behavior_type
file_worker_behavior(supervision::typed_stateful_pointer<file_worker_state, file_worker_actor> self);

} // namespace sandboxd::actors
