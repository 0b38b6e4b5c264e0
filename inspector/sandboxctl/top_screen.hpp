#pragma once

#include "inspector/sandboxctl/actor_rates.hpp"
#include "inspector/sandboxctl/overview.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

/// By what `top` sorts, the largest first.
enum class top_order { messages, depth, handling, restarts };

/// What `top` knows after a look.
struct top_picture {
  std::optional<overview> daemon;  ///< nothing if the server does not tell
  std::optional<double> cpu_share; ///< of one processor
  std::optional<double> messages_per_second;
  std::vector<rated_actor> actors;
  std::string trouble; ///< e.g. that the connection is lost; empty: none
};

struct top_view {
  top_order order = top_order::messages;
  std::size_t width = 80;
  std::size_t height = std::numeric_limits<std::size_t>::max(); ///< lines at most
  bool has_keys = true;                                         ///< whether to tell which there are
};

[[nodiscard]] std::vector<styled_line> top_screen(top_picture picture, const top_view& view);

} // namespace sandboxd::sandboxctl
