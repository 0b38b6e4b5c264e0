#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/backoff.hpp"
#include "supervision/kept_promise.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace sandboxd::actors {

/// What the launcher knows.
struct launcher_state {
  static inline const char* name = "launcher";

  services_ptr context;
  std::shared_ptr<launcher::spawner> spawner;               ///< null while there is none
  std::optional<launcher::protocol::spawner_report> report; ///< of the newest spawner, once it takes requests
  std::optional<launcher::protocol::spawner_report> told;   ///< the newest of which problems were noted
  std::uint64_t generation = 0;                             ///< number of the newest spawner
  supervision::backoff retry{{}};                           ///< between attempts to start one
  supervision::backoff::clock::time_point alive_since;

  [[nodiscard]] bool takes_requests() const { return spawner && report; }

  /// A request that waits for the next spawner.
  struct waiting_request {
    spawn_init wanted;
    supervision::kept_promise<init_socket> answer;
  };
  std::deque<waiting_request> waiting;
};

/// Owns the spawner process, and has started when that takes requests. When it dies the actor starts another
/// and lives on: the inits it had made do not depend on it. While there is none, or it has all the requests
/// its socket holds, `spawn_init` waits; at most `launcher.max-waiting-requests` of them.
launcher_actor::behavior_type
launcher_behavior(supervision::typed_stateful_pointer<launcher_state, launcher_actor> self,
                  services_ptr context);

} // namespace sandboxd::actors
