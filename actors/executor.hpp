#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace sandboxd::actors {

/// What an executor actor begins with.
struct executor_start {
  std::uint64_t number = 0; ///< within its pool
  /// Forks it; without a link: it is a program, below an init of its own.
  fork_server_handle fork_server;
  executor_pool_actor pool; ///< is told when it may be lent, and of its end
};

/// What the owner of one executor knows.
struct executor_state {
  static inline const char* name = "executor";

  services_ptr context;
  executor_start start;
  init_handle init; ///< of a program
  std::shared_ptr<executor_dialogue> dialogue;
  launcher::lineage lineage = 0; ///< of a fork
  std::chrono::milliseconds time_to_start{0};
  bool ready = false;
  bool has_no_program = false;

  executor_state() = default;
  executor_state(const executor_state&) = delete;
  executor_state& operator=(const executor_state&) = delete;
  ~executor_state(); ///< kills the executor and all it has started
};

/// Owns one executor process, from its start to its end: has it started, offers it to the pool when it takes
/// requests, and tells of its end with the cause. Ends normally with its process.
executor_actor::behavior_type
executor_behavior(supervision::typed_stateful_pointer<executor_state, executor_actor> self,
                  services_ptr context, executor_start start);

} // namespace sandboxd::actors
