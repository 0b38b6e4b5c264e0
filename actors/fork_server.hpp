#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/backoff.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::actors {

/// One fork server, from its start on; `generation` 0: there is none.
struct fork_server_process {
  std::uint64_t generation = 0;
  std::shared_ptr<launcher::fork_server_link> link;
  std::shared_ptr<std::uint32_t> program; ///< its number at the init; for the init's strand
  /// Its number as this process sees it; 0 until it runs.
  std::shared_ptr<std::atomic<pid_t>> process = std::make_shared<std::atomic<pid_t>>(0);
};

enum class fork_server_phase {
  idle,    ///< nobody has wanted one yet
  begun,   ///< one is there, or on its way
  pausing, ///< after one that ended; none begins before that is over
};

/// What the owner of the fork server knows.
struct fork_server_state {
  static inline const char* name = "fork-server";
  using waiting = std::vector<reply<std::string>>;

  services_ptr context;
  init_handle init; ///< null until the spawner has answered
  bool init_is_ready = false;
  bool isolated = false;
  fork_server_process serving;   ///< the pool has it
  fork_server_process candidate; ///< starts, to take its place
  fork_server_process ended;     ///< the last that served, until it is known how it ended
  /// All whose program was started below `init`: their forks may live on below it.
  std::vector<std::weak_ptr<launcher::fork_server_link>> below_init;
  std::uint64_t last_generation = 0;
  fork_server_phase phase = fork_server_phase::idle;
  supervision::backoff::clock::time_point pause_ends; ///< the last one, or the one that is
  waiting reloads;                                    ///< who waits for the candidate
  waiting later_reloads; ///< who asked when it had begun already, and so for the one after it
  supervision::backoff retry{{}};
  bool has_served = false; ///< one has, ever: so Python is there
  int useless = 0;         ///< how many in a row have ended without one fork, although they were asked
  /// When the first of those that follow each other without a pause began to serve; absent: none has.
  std::optional<supervision::backoff::clock::time_point> alive_since;

  fork_server_state() = default;
  fork_server_state(const fork_server_state&) = delete;
  fork_server_state& operator=(const fork_server_state&) = delete;
  ~fork_server_state(); ///< kills the fork server and all executors it has forked
};

/// Owns Python's fork server, and the init below which it and its executors live. Tells the pool beside it
/// (`pool`) whenever there is one or there is none any more. The first is started when the pool asks for it;
/// when it dies the actor starts another after a pause, which grows when they die fast, and the executors
/// live on. When packages have changed (if the configuration says so), or on demand, the actor starts a new
/// one beside it, which takes its place once it takes requests; if it never does, the first one goes on.
fork_server_actor::behavior_type
fork_server_behavior(supervision::typed_stateful_pointer<fork_server_state, fork_server_actor> self,
                     services_ptr context);

} // namespace sandboxd::actors
