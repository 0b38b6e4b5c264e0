#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "actors/watch_source.hpp"
#include "supervision/actor_base.hpp"

#include <caf/actor_addr.hpp>

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace sandboxd::actors {

/// What the registry knows: which watch is there for what, and who waits for one that is being started.
class watch_registry_state {
public:
  static inline const char* name = "watch-registry";
  using request = std::variant<subscribe_watch, check_watch>;

  struct entry {
    std::string child; ///< of the supervisor `watches`
    watch_actor watch; ///< null while it is being started
    std::vector<request> waiting;
  };

  services_ptr context;
  watch_source_factory sources;
  std::map<watch_options, entry> watches;

  /// Forgets a watch that is over or gone.
  void forget(const caf::actor_addr& watch);
};

/// Finds the watch for a request, or has the supervisor `watches` start one, so that equal requests share
/// one. At `watch.max-watches` a request for another is refused.
watch_registry_actor::behavior_type
watch_registry_behavior(supervision::typed_stateful_pointer<watch_registry_state, watch_registry_actor> self,
                        services_ptr context, watch_source_factory sources);

} // namespace sandboxd::actors
