#include "inspector/health.hpp"

#include "actors/executor_pool.hpp"
#include "interpreters/language.hpp"

#include <sys/resource.h>

namespace sandboxd::inspector {

namespace {

health::pool look_at_pool(const services& with, actors::language spoken) {
  const auto settings = with.sandbox->settings();
  const auto& sizes = actors::pool_settings_of(settings->interpreter, spoken);
  health::pool found{{}, sizes.min_size, sizes.max_size};
  if (const auto status = with.sandbox->pool(spoken))
    found.status = *status;
  found.status.spoken = spoken;
  if (found.status.circuit.empty())
    found.status.circuit = "closed"; // nobody has heard of it yet
  return found;
}

} // namespace

health look_at_health(const services& with) {
  health all;
  all.actors = with.observer->actors->snapshot();
  all.budgets = with.sandbox->budgets();
  for (const auto spoken : interpreters::every_language)
    all.pools.push_back(look_at_pool(with, spoken));
  all.own = read_own_figures();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    all.descriptor_limit = limit.rlim_cur;
  return all;
}

std::map<std::string, health::kind_sum> health::kinds() const {
  std::map<std::string, kind_sum> sums;
  for (const auto& actor : actors) {
    auto& sum = sums[actor.kind];
    ++sum.actors;
    sum.depth += actor.mailbox.depth;
    sum.received += actor.mailbox.received;
    sum.handled += actor.mailbox.handled;
    sum.restarts += actor.restarts;
  }
  return sums;
}

} // namespace sandboxd::inspector
