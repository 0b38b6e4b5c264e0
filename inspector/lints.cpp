#include "inspector/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace sandboxd::inspector {

namespace {

using supervision::actor_phase;
using supervision::actor_snapshot;

constexpr std::chrono::seconds old_message{1};
constexpr std::chrono::seconds recent{60};

/// Of a budget or limit: four fifths.
bool is_nearly_used(std::uint64_t used, std::uint64_t limit) {
  return limit != 0 && used >= limit - limit / 5;
}

double seconds_of(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Actors with a thread of their own may block.
void look_at_mailbox(const actor_snapshot& actor, std::vector<lint>& found) {
  if (actor.may_block)
    return;
  const auto& mailbox = actor.mailbox;
  if (mailbox.oldest_age >= old_message)
    found.push_back(
        {"old-message", true, actor.path,
         fmt::format("Its oldest message has waited for {:.1f} s and {} wait: it is stuck in a handler, or "
                     "there are too few threads for actors",
                     seconds_of(mailbox.oldest_age), mailbox.depth),
         "scheduler.threads"});
  if (mailbox.since_long_handler && *mailbox.since_long_handler <= recent)
    found.push_back(
        {"long-handler", false, actor.path,
         fmt::format(
             "A message took it {} ms or more {:.0f} s ago, in which its thread served no other actor",
             supervision::mailbox_meter::long_handler.count(),
             std::chrono::duration<double>(*mailbox.since_long_handler).count()),
         "scheduler.threads"});
}

/// A session has its own keys, and so has a context, which is no supervisor.
std::string setting_of_budget(const actor_snapshot& supervisor) {
  return supervisor.kind == "session-supervisor" ? "supervision.session-intensity" : "supervision.intensity";
}

void look_at_supervision(const actor_snapshot& actor, std::chrono::steady_clock::time_point now,
                         std::vector<lint>& found) {
  if (actor.supervisor) {
    const auto& window = actor.supervisor->restarts;
    const auto used = window.count(now);
    if (used > 0 && is_nearly_used(used, window.intensity()))
      found.push_back(
          {"restart-budget", true, actor.path,
           fmt::format("It has restarted children {} times within {} s; after {} it gives up, and what is "
                       "below it ends",
                       used, window.period().count(), window.intensity()),
           setting_of_budget(actor)});
  }
  if (actor.restart_due)
    found.push_back({"waits-for-restart", false, actor.path,
                     fmt::format("It is started again after a pause, which grows with each failure: {}",
                                 actor.last_error),
                     "supervision.backoff-max"});
}

void look_at_pool(const health::pool& pool, std::vector<lint>& found) {
  const auto& status = pool.status;
  const auto name = std::string(interpreters::name_of(status.spoken));
  const auto path = fmt::format("/root/interpreters/{}/pool", name);
  const auto all = status.idle + status.starting + status.lent;
  if (status.circuit == "open")
    found.push_back(
        {"circuit", true, path,
         fmt::format(
             "The circuit of {} is open, since too many executors were lost in a row or somebody has opened "
             "it: new contexts are refused with 503",
             name),
         "interpreter.failures-to-open"});
  if (status.circuit == "half_open")
    found.push_back(
        {"circuit", false, path,
         fmt::format(
             "The circuit of {} was open: a few new contexts are let through, and decide whether it closes",
             name),
         "interpreter.trials-to-close"});
  if (pool.maximum != 0 && status.idle == 0 && all >= pool.maximum)
    found.push_back(
        {"pool-at-maximum", false, path,
         fmt::format("All {} executors of {} that may be are in use; further contexts are refused",
                     pool.maximum, name),
         fmt::format("interpreter.{}-pool-max-size", name)});
  if (!status.problem.empty())
    found.push_back({"no-executors", true, path,
                     fmt::format("There can be no executors of {}: {}", name, status.problem), ""});
}

/// A client that reads too slowly has the kernel's buffers full for moments; one that does not read, for
/// good.
void look_at_client(const supervision::trace::view& request, std::vector<lint>& found) {
  if (*request.client_stalls < old_message)
    return;
  found.push_back(
      {"slow-client", false, "",
       fmt::format("The client {} of request {} ({} {}) has taken nothing for {:.1f} s: what it "
                   "follows waits for it, or drops output, and it is cut off after the time of the "
                   "setting",
                   request.about.client, request.about.request_id, request.about.method, request.about.path,
                   seconds_of(*request.client_stalls)),
       "http.stream-stall-timeout", supervision::span_text(request.context.span)});
}

/// One actor of many thousands hides no other rule.
void cut(std::vector<lint>& found, std::size_t most) {
  std::ranges::stable_sort(found, {}, [](const lint& one) { return std::pair(!one.is_critical, one.rule); });
  std::size_t of_this_rule = 0;
  std::string rule;
  std::erase_if(found, [&](const lint& one) {
    of_this_rule = one.rule == rule ? of_this_rule + 1 : 1;
    rule = one.rule;
    return of_this_rule > most;
  });
}

} // namespace

std::vector<lint> find_lints(const health& what, std::size_t most) {
  std::vector<lint> found;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& actor : what.actors) {
    look_at_mailbox(actor, found);
    look_at_supervision(actor, now, found);
  }
  for (const auto& request : what.stalled)
    look_at_client(request, found);
  for (const auto& pool : what.pools)
    look_at_pool(pool, found);
  for (const auto& budget : what.budgets)
    if (is_nearly_used(budget.used, budget.limit))
      found.push_back(
          {"budget", false, "",
           fmt::format("{}: {} of {} {} are taken; beyond that requests are refused or output is cut",
                       budget.name, budget.used, budget.limit, budget.unit),
           std::string(budget.setting)});
  if (is_nearly_used(what.own.descriptors, what.descriptor_limit))
    found.push_back({"descriptors", true, "",
                     fmt::format("{} of {} descriptors are open; without any, nothing new is served",
                                 what.own.descriptors, what.descriptor_limit),
                     "http.max-connections"});
  if (!what.journal_problem.empty())
    found.push_back({"journal-file", false, "",
                     "What happens now is not in the journal's file, the next daemon will not know of it: " +
                         what.journal_problem,
                     "inspector.journal-file"});
  cut(found, most);
  return found;
}

} // namespace sandboxd::inspector
