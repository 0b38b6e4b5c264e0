#include "inspector/health.hpp"

#include "actors/executor_pool.hpp"
#include "interpreters/language.hpp"

#include <sys/resource.h>
#include <utility>

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

/// There may be ten thousands of them: none is copied that nothing is to be said of.
void look_at_actors(const services& with, health& all) {
  const auto now = supervision::actor_record::clock::now();
  for (const auto& record : with.observer->actors->records()) {
    const auto messages = record->mailbox().counts();
    auto& sum = all.kinds[record->kind()];
    ++sum.actors;
    if (record->phase() != supervision::actor_phase::exited) // what still comes is thrown away unread
      sum.depth += messages.depth();
    sum.received += messages.received;
    sum.handled += messages.handled;
    sum.restarts += record->restarts();
    if (record->is_conspicuous(now))
      all.actors.push_back(record->snapshot(now));
  }
}

} // namespace

health look_at_health(const services& with) {
  health all;
  look_at_actors(with, all);
  for (const auto& request : with.observer->traces.open())
    if (auto now = request->glance(); now.client_stalls)
      all.stalled.push_back(std::move(now));
  all.budgets = with.sandbox->budgets();
  for (const auto spoken : interpreters::every_language)
    all.pools.push_back(look_at_pool(with, spoken));
  all.journal_problem = with.journal_problem();
  all.own = read_own_figures();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    all.descriptor_limit = limit.rlim_cur;
  return all;
}

} // namespace sandboxd::inspector
