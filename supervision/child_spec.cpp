#include "supervision/child_spec.hpp"

#include "supervision/errors.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <set>
#include <string_view>

namespace sandboxd::supervision {

namespace {

constexpr std::size_t max_id_bytes = 128;

template <class T>
caf::error invalid(std::string_view whose, std::string_view field, const T& value, std::string_view allowed) {
  return make_supervision_error(supervision_error::invalid_spec,
                                fmt::format("{}: {} is '{}', must be {}", whose, field, value, allowed));
}

template <class Enum>
bool within(Enum value, Enum last) {
  return value >= Enum{} && value <= last;
}

caf::error validate(const backoff_policy& policy) {
  constexpr std::string_view whose = "supervisor spec";
  if (policy.initial.count() < 0)
    return invalid(whose, "backoff.initial", policy.initial.count(), "0 ms or more");
  if (!policy.enabled())
    return {};
  if (policy.maximum < policy.initial || policy.maximum > longest_wait)
    return invalid(whose, "backoff.maximum", policy.maximum.count(), "backoff.initial to a year");
  if (!(policy.multiplier >= 1.0))
    return invalid(whose, "backoff.multiplier", policy.multiplier, "1 or more");
  if (!(policy.jitter >= 0.0 && policy.jitter <= 1.0))
    return invalid(whose, "backoff.jitter", policy.jitter, "between 0 and 1");
  if (policy.reset_after.count() <= 0)
    return invalid(whose, "backoff.reset_after", policy.reset_after.count(), "more than 0 ms");
  return {};
}

} // namespace

caf::error validate(const child_spec& spec) {
  const auto whose = fmt::format("child spec '{}'", spec.id);
  if (spec.id.empty() || spec.id.size() > max_id_bytes || spec.id.find('/') != std::string::npos)
    return invalid(whose, "id", spec.id, "1 to 128 bytes without '/'");
  if (!spec.start)
    return invalid(whose, "start", "", "set");
  if (!within(spec.restart, restart_type::temporary))
    return invalid(whose, "restart", static_cast<int>(spec.restart), "permanent, transient or temporary");
  if (const auto* grace = std::get_if<std::chrono::milliseconds>(&spec.shutdown);
      grace && (grace->count() < 0 || *grace > longest_wait))
    return invalid(whose, "shutdown", grace->count(), "0 ms to a year, brutal_kill or infinity");
  if (!within(spec.type, child_type::supervisor))
    return invalid(whose, "type", static_cast<int>(spec.type), "worker or supervisor");
  if (spec.start_timeout.count() <= 0 || spec.start_timeout > longest_wait)
    return invalid(whose, "start_timeout", spec.start_timeout.count(), "1 ms to a year");
  return {};
}

caf::error validate(const supervisor_spec& spec) {
  constexpr std::string_view whose = "supervisor spec";
  if (!within(spec.strategy, strategy::dynamic))
    return invalid(whose, "strategy", static_cast<int>(spec.strategy),
                   "one_for_one, one_for_all, rest_for_one or dynamic");
  if (spec.period.count() < 1)
    return invalid(whose, "period", spec.period.count(), "1 s or more");
  if (!spec.rule)
    return invalid(whose, "rule", "", "set");
  if (!spec.random)
    return invalid(whose, "random", "", "set");
  if (spec.strategy == strategy::dynamic && !spec.children.empty())
    return invalid(whose, "children", spec.children.front().id, "empty for a dynamic supervisor");
  if (auto problem = validate(spec.backoff))
    return problem;
  std::set<std::string_view> ids;
  for (const auto& child : spec.children) {
    if (auto problem = validate(child))
      return problem;
    if (!ids.insert(child.id).second)
      return invalid(whose, "children", child.id, "ids that differ");
  }
  return {};
}

} // namespace sandboxd::supervision
