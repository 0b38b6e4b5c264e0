#include "inspector/sandboxctl/pool_table.hpp"

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/table.hpp"

#include <algorithm>
#include <chrono>

namespace sandboxd::sandboxctl {

namespace {

cell circuit_of(const pool& one) {
  if (one.circuit == "closed")
    return {one.circuit, tone::good};
  const auto wait = std::chrono::milliseconds(one.retry_after_milliseconds);
  return {one.circuit + (wait.count() > 0 ? ", tried again in " + time_text(wait) : ""),
          one.circuit == "open" ? tone::bad : tone::warning};
}

} // namespace

std::vector<styled_line> pool_table(const std::vector<pool>& pools) {
  std::vector<std::vector<cell>> rows;
  rows.reserve(pools.size());
  for (const auto& one : pools)
    rows.push_back({{one.language, tone::strong},
                    {count_text(one.idle)},
                    {count_text(one.starting)},
                    {count_text(one.lent)},
                    {count_text(one.waiting), one.waiting > 0 ? tone::warning : tone::plain},
                    {count_text(one.minimum)},
                    {one.maximum == 0 ? "no limit" : count_text(one.maximum)},
                    circuit_of(one),
                    {one.problem, tone::bad}});
  return lay_out({{"LANGUAGE"},
                  {"IDLE", side::right},
                  {"STARTING", side::right},
                  {"LENT", side::right},
                  {"WAITING", side::right},
                  {"MIN", side::right},
                  {"MAX", side::right},
                  {"CIRCUIT"},
                  {"PROBLEM"}},
                 rows);
}

std::vector<std::pair<std::string, std::string>> pool_settings(const std::string& language,
                                                               std::optional<std::uint64_t> minimum,
                                                               std::optional<std::uint64_t> maximum,
                                                               const pool* now) {
  std::vector<std::pair<std::string, std::string>> changes;
  const auto prefix = "interpreter." + language + "-pool-";
  if (minimum)
    changes.emplace_back(prefix + "min-size", std::to_string(*minimum));
  if (maximum)
    changes.emplace_back(prefix + "max-size", std::to_string(*maximum));
  if (minimum && now != nullptr && now->maximum != 0 && *minimum > now->maximum)
    std::ranges::reverse(changes);
  return changes;
}

} // namespace sandboxd::sandboxctl
