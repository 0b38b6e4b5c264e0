#pragma once

#include "inspector/sandboxctl/overview.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

[[nodiscard]] std::vector<styled_line> pool_table(const std::vector<pool>& pools);

/// The settings to change for new bounds of a pool, with their values, in an order in which the minimum is
/// never above the maximum. `now` is the pool as it is, if that is known.
[[nodiscard]] std::vector<std::pair<std::string, std::string>>
pool_settings(const std::string& language, std::optional<std::uint64_t> minimum,
              std::optional<std::uint64_t> maximum, const pool* now);

} // namespace sandboxd::sandboxctl
