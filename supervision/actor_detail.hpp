#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sandboxd::supervision {

/// One thing that an actor tells of itself in the words of its domain, e.g. `{"cwd", "/workspace"}`.
struct actor_detail {
  std::string_view name; ///< a literal: it is not copied
  std::variant<std::string, std::int64_t, std::chrono::system_clock::time_point> value;

  friend bool operator==(const actor_detail&, const actor_detail&) = default;
};

/// All of them, in the order in which people should read them.
using actor_details = std::vector<actor_detail>;

} // namespace sandboxd::supervision
