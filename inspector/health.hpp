#pragma once

#include "actors/code_messages.hpp"
#include "actors/services.hpp"
#include "inspector/process_figures.hpp"
#include "inspector/services.hpp"
#include "supervision/actor_record.hpp"
#include "supervision/trace.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sandboxd::inspector {

/// The daemon at one moment.
struct health {
  struct pool {
    actors::pool_status status;
    std::uint64_t minimum = 0; ///< executors started ahead
    std::uint64_t maximum = 0; ///< executors in all; 0: no limit
  };
  /// All actors of one kind together.
  struct kind_sum {
    std::uint64_t actors = 0;
    std::uint64_t depth = 0;
    std::uint64_t received = 0;
    std::uint64_t handled = 0;
    std::uint64_t restarts = 0;
  };

  std::map<std::string, kind_sum> kinds; ///< by the name of the kind
  /// Those of which the rules may have something to say (`actor_record::is_conspicuous`), in no order.
  std::vector<supervision::actor_snapshot> actors;
  std::vector<supervision::trace::view> stalled; ///< requests whose client takes nothing, without spans
  std::vector<actors::services::budget> budgets;
  std::vector<pool> pools;
  std::string journal_problem; ///< why the journal's file lacks its last events; empty: it does not
  own_figures own;
  std::uint64_t descriptor_limit = 0;
};

[[nodiscard]] health look_at_health(const services& with);

/// Something that people should look at.
struct lint {
  std::string rule; ///< short name of what was looked for, e.g. "old-message"
  bool is_critical = false;
  std::string path;         ///< of the actor concerned; empty: the whole daemon
  std::string text;         ///< what is wrong and what that means, in a sentence
  std::string setting;      ///< the key that could be changed; empty: none
  std::string request = {}; ///< the span of the request concerned; empty: none
};

/// All that is remarkable, the critical first; of each rule at most `most`.
[[nodiscard]] std::vector<lint> find_lints(const health& what, std::size_t most = 20);

} // namespace sandboxd::inspector
