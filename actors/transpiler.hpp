#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "launcher/executor_link.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/backoff.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// What the owner of the transpiler knows.
struct transpiler_state {
  static inline const char* name = "transpiler";
  using clock = std::chrono::steady_clock;

  services_ptr context;
  init_handle init;
  std::shared_ptr<launcher::executor_link> link;
  std::uint64_t generation = 0; ///< number of the newest transpiler
  clock::time_point alive_since;
  supervision::backoff retry{{}};

  struct waiting_code {
    reply<interpreters::transpiled_code> done;
    clock::time_point since;
  };
  std::map<std::uint64_t, waiting_code> waiting; ///< by the number of the order
  std::uint64_t last_order = 0;
  std::vector<interpreters::transpile_order> unsent; ///< before there is a transpiler
  bool begun = false;                                ///< it is there, or on its way

  transpiler_state() = default;
  transpiler_state(const transpiler_state&) = delete;
  transpiler_state& operator=(const transpiler_state&) = delete;
  ~transpiler_state();
};

/// Owns the one process that makes JavaScript of TypeScript, for all TypeScript contexts. When it dies, what
/// it was working on fails and the actor starts another. The first is started when somebody needs it.
transpiler_actor::behavior_type
transpiler_behavior(supervision::typed_stateful_pointer<transpiler_state, transpiler_actor> self,
                    services_ptr context);

} // namespace sandboxd::actors
