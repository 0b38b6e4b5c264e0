#include "actors/executor_pool.hpp"

#include "actors/paths.hpp"
#include "config/settings.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<executor_pool_state, executor_pool_actor>;
using supervision::breaker_state;

/// How often the pool looks after its bounds: changed settings hold within this time.
constexpr std::chrono::milliseconds tending_interval{500};

/// After an executor that did not come up, before another is tried.
constexpr std::chrono::milliseconds pause_after_failure{500};

/// For the supervisor, which answers from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

/// What an executor's actor gets for its end: it only kills.
constexpr std::chrono::milliseconds time_to_end{1000};

/// A trial of a half-open circuit that is not heard of for so long gives its place to another; and so soon if
/// its executor is gone and no run was to blame.
constexpr std::chrono::seconds time_for_a_trial{10};
constexpr std::chrono::seconds time_for_the_blame{1};

/// More executors that start at once only make each other slow.
constexpr std::size_t most_starting = 4;

std::uint64_t whole_seconds(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

} // namespace

const config::pool_settings& pool_settings_of(const config::interpreter_settings& all, language spoken) {
  switch (spoken) {
  case language::python:
    return all.python;
  case language::javascript:
    return all.javascript;
  case language::typescript:
    break;
  }
  return all.typescript;
}

void executor_pool_state::configure(services_ptr context, language spoken,
                                    supervision::circuit_breaker::listener on_breaker) {
  context_ = std::move(context);
  spoken_ = spoken;
  const auto settings = context_->settings();
  supervision::breaker_policy policy;
  policy.failure_threshold = static_cast<unsigned>(settings->interpreter.failures_to_open);
  policy.open_time = settings->interpreter.open_time;
  policy.trial_successes = static_cast<unsigned>(settings->interpreter.trials_to_close);
  breaker_.emplace(std::string(name_of(spoken)), policy, std::move(on_breaker));
  refresh();
}

void executor_pool_state::refresh() {
  const auto settings = context_->settings();
  const auto& own = pool_settings_of(settings->interpreter, spoken_);
  books_.set({own.min_size, own.max_size, most_starting, settings->interpreter.idle_timeout});
}

void executor_pool_state::lease(const reply<lent_executor>& done, clock::time_point now) {
  now_ = now;
  if (refusal_ && (spoken_ == language::python || now < not_before_))
    return done.deliver(*refusal_);
  const auto leave = breaker_->allow(now);
  if (!leave)
    return done.deliver(circuit_is_open(now));
  const bool is_trial = breaker_->snapshot(now).state == breaker_state::half_open;
  const auto wanted = is_trial ? as_trial(done, *leave) : done;
  if (books_.lease(wanted, now) == executor_ledger::lease_outcome::at_limit)
    wanted.deliver(failure{
        error_code::context_creation_failed,
        fmt::format("Maximum {} executor limit reached ({}). Cannot create new executor.", name_of(spoken_),
                    pool_settings_of(context_->settings()->interpreter, spoken_).max_size)});
}

reply<lent_executor> executor_pool_state::as_trial(reply<lent_executor> done,
                                                   supervision::circuit_breaker::permit leave) {
  return reply<lent_executor>([this, done = std::move(done), leave](result_of<lent_executor> outcome) {
    if (const auto* lent = std::get_if<lent_executor>(&outcome))
      trials_.emplace((*lent)->number, trial{leave, now_ + time_for_a_trial});
    else
      breaker_->failure(leave, now_);
    done.deliver(std::move(outcome));
  });
}

failure executor_pool_state::circuit_is_open(clock::time_point now) const {
  failure refused(error_code::circuit_open,
                  "Service temporarily unavailable due to high error rate. Please try again later.");
  refused.retry_after = whole_seconds(breaker_->snapshot(now).retry_after);
  refused.detail = fmt::format("too many {} executors were lost", name_of(spoken_));
  return refused;
}

std::size_t executor_pool_state::missing(clock::time_point now) const {
  const bool can_start = spoken_ != language::python || fork_server_.link;
  if (!can_start || now < not_before_)
    return 0;
  const bool ahead = breaker_->snapshot(now).state == breaker_state::closed;
  return ahead ? books_.missing() : std::min(books_.missing(), books_.waiting());
}

bool executor_pool_state::needs_helper() const {
  return spoken_ != language::javascript && !helper_is_asked_ && books_.missing() > 0;
}

executor_start executor_pool_state::begin(executor_pool_actor self) {
  return {books_.begin(), fork_server_, std::move(self)};
}

void executor_pool_state::joined(const lent_executor& executor, clock::time_point now) {
  now_ = now;
  if (spoken_ != language::python)
    refusal_.reset(); // there is a program again
  books_.ready(executor, now);
}

/// One that did not come up is not tried again for whoever has waited for it: the reason may stay. One that
/// ends while it idles, which nobody wanted, is no better.
void executor_pool_state::left(const executor_leaves& event, clock::time_point now) {
  now_ = now;
  const auto was = books_.gone(event.number);
  if (event.was_ready && was != executor_ledger::state::ready) {
    if (const auto found = trials_.find(event.number); found != trials_.end())
      found->second.until = now + time_for_the_blame;
    return;
  }
  if (event.blameless) { // who waits gets one of the next fork server, which will be told of soon
    not_before_ = now + pause_after_failure;
    return;
  }
  judge(0, false, now);
  not_before_ = now + pause_after_failure;
  if (event.no_program) {
    refusal_.emplace(error_code::javascript_not_available, "JavaScript runtime not available");
    refusal_->detail =
        fmt::format("there is no program '{}'", context_->settings()->interpreter.node_program);
    return books_.refuse_waiting(now + clock::duration(1), *refusal_);
  }
  failure reason(error_code::context_creation_failed, fmt::format("The executor ended {}", event.cause));
  books_.refuse_first(reason);
}

void executor_pool_state::fork_server_changed(const actors::fork_server_changed& event,
                                              clock::time_point now) {
  now_ = now;
  fork_server_ = event.server;
  refusal_ = event.refusal;
  if (!fork_server_.link)
    helper_is_asked_ = false; // its owner may have begun anew, and know of no request
  if (refusal_)
    books_.refuse_waiting(now + clock::duration(1), *refusal_);
  else if (fork_server_.link) {
    not_before_ = {};
    books_.end_ready(); // they have the libraries of another one
  }
}

void executor_pool_state::run_ended(const actors::run_ended& event, clock::time_point now) {
  judge(event.number, event.survived, now);
}

/// Once the circuit is no longer closed only trials count: others began before what is asked now.
void executor_pool_state::judge(std::uint64_t number, bool well, clock::time_point now) {
  std::optional<supervision::circuit_breaker::permit> leave;
  if (const auto found = trials_.find(number); found != trials_.end())
    leave = std::exchange(found->second.leave, std::nullopt);
  if (!leave && (trials_.contains(number) || breaker_->snapshot(now).state == breaker_state::closed))
    leave = breaker_->allow(now);
  if (leave)
    well ? breaker_->success(*leave, now) : breaker_->failure(*leave, now);
  if (breaker_->snapshot(now).state != breaker_state::half_open)
    trials_.clear();
}

void executor_pool_state::tend(clock::time_point now) {
  now_ = now;
  refresh();
  books_.end_surplus(now);
  for (auto& [number, one] : trials_)
    if (one.leave && one.until <= now)
      breaker_->cancel(*std::exchange(one.leave, std::nullopt));
  failure late(error_code::interpreter_not_ready, "Code interpreter is starting up");
  late.retry_after = 1;
  books_.refuse_waiting(now - context_->settings()->interpreter.start_timeout, late);
}

void executor_pool_state::turn_breaker(const actors::turn_breaker& wanted, clock::time_point now) {
  wanted.trip ? breaker_->trip(now) : breaker_->reset(now);
}

pool_status executor_pool_state::status(clock::time_point now) const {
  const auto breaker = breaker_->snapshot(now);
  return {spoken_,
          books_.idle(),
          books_.starting(),
          books_.lent(),
          books_.waiting(),
          std::string(to_string(breaker.state)),
          breaker.retry_after,
          refusal_ ? refusal_->detail : std::string()};
}

namespace {

/// It may not be there yet: the pool is started before it. The next tending asks again.
void ask_helper(self_pointer self) {
  const auto& own = self->record()->path();
  const auto& actors = *self->observer()->actors;
  if (const auto server = actors.find<fork_server_actor>(paths::sibling(own, "fork-server"))) {
    self->send(server, start_fork_server{});
    self->state.helper_is_asked();
  }
  if (const auto transpiler = actors.find<transpiler_actor>(paths::sibling(own, "transpiler"))) {
    self->send(transpiler, start_transpiler{});
    self->state.helper_is_asked();
  }
}

void start_missing(self_pointer self) {
  auto& state = self->state;
  if (state.needs_helper())
    ask_helper(self);
  const auto path = paths::sibling(self->record()->path(), "executors");
  const auto supervisor = self->observer()->actors->find<supervision::supervisor_actor>(path);
  for (auto count = supervisor ? state.missing(executor_pool_state::clock::now()) : 0; count > 0; --count) {
    const auto start = state.begin(executor_pool_actor(self));
    supervision::child_spec spec;
    spec.id = std::to_string(start.number);
    spec.restart = supervision::restart_type::temporary;
    spec.start = supervision::supervised(executor_behavior, state.context(), start);
    spec.shutdown = time_to_end;
    self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
        .then([](const caf::strong_actor_ptr&) {},
              [self, number = start.number](const caf::error& error) {
                self->send(
                    self, executor_leaves{number, "before it began: " + supervision::describe(error), false});
              });
  }
  auto status = state.status(executor_pool_state::clock::now());
  self->set_status(fmt::format("{} idle, {} starting, {} lent, {} waiting, circuit {}", status.idle,
                               status.starting, status.lent, status.waiting, status.circuit));
  state.context()->publish(std::move(status));
}

} // namespace

executor_pool_actor::behavior_type executor_pool_behavior(self_pointer self, services_ptr context,
                                                          language spoken) {
  const auto now = [] { return executor_pool_state::clock::now(); };
  self->state.configure(std::move(context), spoken, [self](const supervision::breaker_snapshot& breaker) {
    self->observer()->events.append({.kind = supervision::event_kind::breaker,
                                     .path = self->record()->path(),
                                     .actor_kind = executor_pool_state::name,
                                     .text = fmt::format("circuit {}", to_string(breaker.state))});
  });
  self->send(self, tend_pool{});
  return {
      [=](const lease_executor& wanted) {
        self->state.lease(wanted.done, now());
        start_missing(self);
      },
      [=](const executor_joins& event) {
        self->state.joined(event.executor, now());
        start_missing(self);
      },
      [=](const executor_leaves& event) {
        self->state.left(event, now());
        start_missing(self);
      },
      [=](const fork_server_changed& event) {
        self->state.fork_server_changed(event, now());
        start_missing(self);
      },
      [=](const run_ended& event) { self->state.run_ended(event, now()); },
      [=](const turn_breaker& wanted) {
        self->state.turn_breaker(wanted, now());
        start_missing(self);
      },
      [=](tend_pool) {
        self->state.tend(now());
        start_missing(self);
        self->delayed_send(self, tending_interval, tend_pool{});
      },
  };
}

} // namespace sandboxd::actors
