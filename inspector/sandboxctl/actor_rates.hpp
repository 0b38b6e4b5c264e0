#pragma once

#include "inspector/sandboxctl/actor.hpp"
#include "inspector/sandboxctl/documents.hpp"
#include "inspector/sandboxctl/figures.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

/// An actor, and what it did between the last two looks.
struct rated_actor {
  actor now;
  double messages_per_second = 0;
  double busy = 0; ///< share of the time it spent in handlers
};

/// Makes rates out of the interface's stream of actors.
class actor_rates {
public:
  /// Takes one ActorsEvent. True when it completes a look.
  bool take(const json& event);

  /// In the order of their paths.
  [[nodiscard]] std::vector<rated_actor> actors() const;

  /// Of all actors; nothing before there were two looks.
  [[nodiscard]] std::optional<double> messages_per_second() const { return total_; }

private:
  struct counts {
    std::uint64_t restarts = 0;
    std::uint64_t handled = 0;
    std::uint64_t handling = 0;
  };

  struct entry {
    rated_actor shown;
    counts before; ///< at the look before; all 0 for one who is new
  };

  void rate(entry& one, double seconds) const;
  void complete(std::optional<utc_time> now);

  std::map<std::string, entry> entries_;
  std::optional<utc_time> last_look_;
  std::optional<double> total_;
};

} // namespace sandboxd::sandboxctl
