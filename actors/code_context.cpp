#include "actors/code_context.hpp"

#include "actors/paths.hpp"
#include "config/settings.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<code_context_state, code_context_actor>;

} // namespace

code_context_state::~code_context_state() {
  if (context_)
    context_->contexts->remove(id_);
}

void code_context_state::configure(services_ptr context, start_context start, code_context_actor self,
                                   supervision::actor_path path) {
  context_ = std::move(context);
  options_ = std::move(start.options);
  room_ = std::move(start.room);
  id_ = start.record.id;
  self_ = std::move(self);
  path_ = std::move(path);
  const auto& supervision = context_->settings()->supervision;
  losses_.emplace(supervision.context_intensity,
                  std::chrono::duration_cast<std::chrono::seconds>(supervision.context_period));
  waiting_for_executor_.push_back(std::move(start.done));
  want_executor();
}

context_record code_context_state::record() const {
  const auto entry = context_->contexts->find(id_);
  return entry ? entry->record : context_record{id_, options_.spoken, options_.directory, {}, {}};
}

void code_context_state::want_executor() {
  if (leasing_ || executor_)
    return;
  leasing_ = true;
  if (rests_until_)
    return unavailable(must_rest());
  lease_request_ = lease_executor{
      reply<lent_executor>([me = self_, attempt = ++attempt_](result_of<lent_executor> outcome) {
        caf::anon_send(me, executor_leased{attempt, std::move(outcome)});
      })};
}

void code_context_state::unavailable(const failure& reason) {
  leased({attempt_, reason});
}

void code_context_state::leased(executor_leased event) {
  if (event.attempt != attempt_ || !leasing_)
    return; // with the event goes the executor
  leasing_ = false;
  if (const auto* reason = std::get_if<failure>(&event.outcome)) {
    for (const auto& done : std::exchange(waiting_for_executor_, {}))
      done.deliver(*reason);
    over_ = !was_created_;
    return fail_waiting(*reason);
  }
  executor_ = std::get<lent_executor>(std::move(event.outcome));
  const auto number = executor_->number;
  executor_->dialogue->on_gone([me = self_, number](const executor_end& end) {
    caf::anon_send(me, context_lost_executor{number, end.cause, end.blameless});
  });
  const auto settings = context_->settings();
  interpreters::configure_executor order;
  order.directory = options_.directory.empty() ? settings->sandbox.workspace : options_.directory;
  order.fallback_directory = settings->sandbox.workspace;
  order.environment = options_.environment;
  order.variables = options_.variables;
  order.result_limit = settings->interpreter.result_max_bytes;
  executor_->dialogue->configure(order);
  was_created_ = true;
  for (const auto& done : std::exchange(waiting_for_executor_, {}))
    done.deliver(record());
  pump();
}

void code_context_state::enqueue(run_code wanted) {
  const auto settings = context_->settings();
  if (wanted.request.spoken && *wanted.request.spoken != options_.spoken)
    return wanted.observer->tell_end([&](run_observer& observer) {
      observer.failed({error_code::code_execution_error,
                       fmt::format("Context '{}' was created for {}, cannot execute {} code", id_,
                                   name_of(options_.spoken), name_of(*wanted.request.spoken))});
    });
  if (waiting_.size() >= settings->interpreter.max_waiting_runs)
    return wanted.observer->tell_end([](run_observer& observer) {
      observer.failed({error_code::too_busy, "Too many runs wait in this context"});
    });
  context_->contexts->touch(id_, std::chrono::system_clock::now());
  waiting_.push_back({++last_run_, std::move(wanted)});
  pump();
  if (!waiting_.empty()) // then the last is still among them
    trace_wait(waiting_.back());
}

void code_context_state::trace_wait(waiting_run& run) const {
  run.wait = std::make_shared<const supervision::traced_work>(run.wanted.origin, "wait", path_);
}

void code_context_state::pump() {
  if (running_ != 0 || transpiling_ != 0 || waiting_.empty())
    return;
  if (!executor_)
    return want_executor();
  const auto& next = waiting_.front();
  if (options_.spoken != language::typescript)
    return start_run({.id = {}, .code = next.wanted.request.code, .source_map = {}, .problem = {}});
  transpiling_ = next.number;
  transpile_request_ =
      transpile{next.wanted.request.code,
                reply<interpreters::transpiled_code>(
                    [me = self_, run = next.number](result_of<interpreters::transpiled_code> outcome) {
                      caf::anon_send(me, code_transpiled{run, std::move(outcome)});
                    })};
}

void code_context_state::transpiled(code_transpiled event) {
  if (std::exchange(transpiling_, 0) != event.run || waiting_.empty() || waiting_.front().number != event.run)
    return pump();
  if (const auto* reason = std::get_if<failure>(&event.outcome)) {
    fail_front(*reason);
    return pump();
  }
  if (!executor_)
    return pump(); // transpiled again when there is one
  start_run(std::get<interpreters::transpiled_code>(std::move(event.outcome)));
}

void code_context_state::start_run(interpreters::transpiled_code made) {
  auto& run = current_.emplace(std::move(waiting_.front()));
  waiting_.pop_front();
  run.wait = nullptr;
  running_ = run.number;
  current_since_ = std::chrono::system_clock::now();
  ++started_runs_;
  executor_dialogue::run_options options;
  options.timeout = timeout_of(run.wanted.request);
  options.interrupt_when_left = context_->settings()->interpreter.interrupt_when_left;
  options.state_lost = state_lost_;
  const auto work = std::make_shared<const supervision::traced_work>(run.wanted.origin, "run",
                                                                     executor_->actor, executor_process());
  executor_->dialogue->run(
      {std::move(made.code), run.wanted.request.environment, std::move(made.source_map),
       std::move(made.problem)},
      options, run.wanted.observer,
      [me = self_, number = run.number, executor = executor_->number, work](run_end end) {
        work->end(end == run_end::survived ? "" : "its executor ended");
        caf::anon_send(me, run_is_over{number, executor, end});
      });
}

std::chrono::milliseconds code_context_state::timeout_of(const run_request& request) const {
  if (request.timeout)
    return *request.timeout;
  return options_.timeout.value_or(context_->settings()->interpreter.execution_timeout);
}

void code_context_state::run_over(const run_is_over& event) {
  if (running_ != event.run)
    return;
  running_ = 0;
  context_->contexts->touch(id_, std::chrono::system_clock::now());
  auto run = std::exchange(current_, std::nullopt);
  if (event.end == run_end::not_begun)
    trace_wait(waiting_.emplace_front(std::move(*run))); // for the next executor
  else
    state_lost_ = false; // it has been told
  if (event.end == run_end::survived) {
    lost_in_a_row_ = 0;
    verdict_ = run_ended{event.executor, true};
  } else if (executor_ && executor_->number == event.executor)
    return; // its end is told next; what waits is not for it
  pump();
}

/// Also one that dies between two runs costs the context its state.
bool code_context_state::lost_executor(const context_lost_executor& event,
                                       supervision::restart_window::clock::time_point now) {
  if (!executor_ || executor_->number != event.number)
    return false;
  executor_.reset();
  state_lost_ = true;
  if (event.blameless) {
    want_executor();
    return true;
  }
  if (++lost_in_a_row_ <= losses_->intensity() + 1)
    verdict_ = run_ended{event.number, false}; // more are this context's own fault, and nobody else's concern
  if (!losses_->add(now)) {
    rests_until_ = now + losses_->period();
    rest_ = losses_->period();
  }
  want_executor();
  return true;
}

void code_context_state::rested() {
  rests_until_.reset();
  losses_.emplace(losses_->intensity(), losses_->period()); // one more is not too many again
}

failure code_context_state::must_rest() const {
  using std::chrono::seconds;
  const auto left = std::chrono::ceil<seconds>(*rests_until_ - supervision::restart_window::clock::now());
  failure reason(error_code::interpreter_not_ready,
                 fmt::format("Context '{}' has lost {} executors within {} s and gets none for as long", id_,
                             losses_->count(), losses_->period().count()));
  reason.retry_after = static_cast<std::uint64_t>(std::max(left, seconds(1)).count());
  return reason;
}

void code_context_state::interrupt(const reply<context_record>& done) const {
  if (executor_)
    executor_->dialogue->interrupt();
  done.deliver(record());
}

void code_context_state::restart(reply<context_record> done) {
  fail_waiting({error_code::code_execution_error, fmt::format("Context '{}' was restarted", id_)});
  waiting_for_executor_.push_back(std::move(done));
  if (const auto executor = std::exchange(executor_, nullptr))
    executor->dialogue->kill("because its context was restarted");
  running_ = 0;
  current_.reset();
  transpiling_ = 0;
  state_lost_ = false; // the client wanted that
  want_executor();
}

void code_context_state::end(const reply<std::string>& done) {
  over_ = true;
  fail_waiting(context_not_found(id_));
  for (const auto& one : std::exchange(waiting_for_executor_, {}))
    one.deliver(context_not_found(id_));
  context_->contexts->remove(id_);
  const auto executor = std::exchange(executor_, nullptr);
  if (!executor)
    return done.deliver(id_);
  executor->dialogue->on_gone([done, id = id_](const executor_end&) { done.deliver(id); });
  executor->dialogue->kill("because its context was deleted");
}

void code_context_state::fail_waiting(const failure& reason) {
  while (!waiting_.empty())
    fail_front(reason);
}

void code_context_state::fail_front(const failure& reason) {
  const auto run = std::move(waiting_.front());
  waiting_.pop_front();
  run.wanted.observer->tell_end([&](run_observer& observer) { observer.failed(reason); });
}

std::optional<lease_executor> code_context_state::take_lease_request() {
  return std::exchange(lease_request_, std::nullopt);
}

std::optional<transpile> code_context_state::take_transpile_request() {
  return std::exchange(transpile_request_, std::nullopt);
}

std::optional<std::chrono::seconds> code_context_state::take_rest() {
  return std::exchange(rest_, std::nullopt);
}

std::optional<run_ended> code_context_state::take_verdict() {
  return std::exchange(verdict_, std::nullopt);
}

supervision::actor_details code_context_state::details() const {
  supervision::actor_details all{{"id", id_},
                                 {"language", std::string(name_of(options_.spoken))},
                                 {"directory", record().directory},
                                 {"runs", static_cast<std::int64_t>(started_runs_)}};
  if (current_) {
    all.push_back({"since", current_since_});
    all.push_back({"requestId", current_->wanted.request.request_id});
  }
  all.push_back({"waiting", static_cast<std::int64_t>(waiting_.size())});
  return all;
}

std::string code_context_state::describe() const {
  return fmt::format("{}, {}, {} waiting", name_of(options_.spoken),
                     running_ != 0  ? "running"
                     : executor_    ? "idle"
                     : rests_until_ ? "resting, since it has lost too many executors"
                                    : "without an executor",
                     waiting_.size());
}

namespace {

/// Sends what the state wants sent.
void go_on(self_pointer self) {
  auto& state = self->state;
  const auto pool =
      self->observer()->actors->find<executor_pool_actor>(paths::executor_pool(name_of(state.spoken())));
  if (auto verdict = state.take_verdict(); verdict && pool) // first, since it may open the circuit
    self->send(pool, *verdict);
  if (auto request = state.take_lease_request()) {
    if (pool)
      self->send(pool, std::move(*request));
    else
      state.unavailable({error_code::unavailable, "The sandbox is restarting its interpreters"});
  }
  if (auto request = state.take_transpile_request()) {
    if (const auto transpiler = self->observer()->actors->find<transpiler_actor>(paths::transpiler))
      self->send(transpiler, std::move(*request)); // else its reply tells that it was lost
  }
  if (const auto rest = state.take_rest())
    self->delayed_send(self, *rest, context_has_rested{});
  self->set_status(state.describe());
  self->set_details(state.details());
  self->set_process(state.executor_process());
  if (state.is_over())
    self->quit();
}

/// Also those who have not asked want to know of what executors die. Of those that were lost together with
/// many others one entry tells, which is not this actor's.
void tell_of_loss(self_pointer self, const context_lost_executor& event) {
  auto text = "its executor ended " + event.cause;
  self->set_last_error(text);
  if (event.blameless)
    return;
  self->observer()->events.append({.kind = supervision::event_kind::notice,
                                   .path = self->record()->path(),
                                   .actor_kind = code_context_state::name,
                                   .text = std::move(text)});
}

} // namespace

code_context_actor::behavior_type code_context_behavior(self_pointer self, services_ptr context,
                                                        start_context start) {
  self->state.configure(std::move(context), std::move(start), code_context_actor(self),
                        self->record()->shared_path());
  self->set_exit_handler([self](const caf::exit_msg& message) {
    self->state.end(reply<std::string>([](const auto&) {}));
    self->quit(message.reason);
  });
  go_on(self);
  return {
      [self](run_code& wanted) {
        self->state.enqueue(std::move(wanted));
        go_on(self);
      },
      [self](const interrupt_context& wanted) { self->state.interrupt(wanted.done); },
      [self](const restart_context& wanted) {
        self->state.restart(wanted.done);
        go_on(self);
      },
      [self](const end_context& wanted) {
        self->state.end(wanted.done);
        go_on(self);
      },
      [self](executor_leased& event) {
        self->state.leased(std::move(event));
        go_on(self);
      },
      [self](const context_lost_executor& event) {
        if (self->state.lost_executor(event, supervision::restart_window::clock::now()))
          tell_of_loss(self, event);
        go_on(self);
      },
      [self](context_has_rested) {
        self->state.rested();
        go_on(self);
      },
      [self](code_transpiled& event) {
        self->state.transpiled(std::move(event));
        go_on(self);
      },
      [self](const run_is_over& event) {
        self->state.run_over(event);
        go_on(self);
      },
  };
}

} // namespace sandboxd::actors
