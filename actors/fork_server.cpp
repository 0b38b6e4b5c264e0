#include "actors/fork_server.hpp"

#include "actors/init_request.hpp"
#include "actors/interpreter_programs.hpp"
#include "actors/paths.hpp"
#include "launcher/confinement.hpp"
#include "launcher/exit_code.hpp"
#include "supervision/errors.hpp"

#include <asio/post.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <cstring>
#include <fcntl.h>
#include <optional>
#include <utility>
#include <vector>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<fork_server_state, fork_server_actor>;
using clock = supervision::backoff::clock;

/// The end of a program's socket comes before its status.
constexpr std::chrono::milliseconds time_for_a_status{200};

/// So many fork servers in a row that were of no use to anybody are taken for a reason that stays.
constexpr int useless_to_refuse = 2;

void tell_pool(self_pointer self, std::optional<failure> refusal = {}) {
  const auto pool =
      self->observer()->actors->find<executor_pool_actor>(paths::sibling(self->record()->path(), "pool"));
  if (pool)
    self->send(pool,
               fork_server_changed{{self->state.serving.link, self->state.isolated}, std::move(refusal)});
}

/// The program's own status is told apart only where it could not even say what is wrong.
fork_server_lost end_of(std::uint64_t generation, int status, const std::string& program) {
  if (launcher::exit_code_of(status) == no_such_program)
    return {generation, fmt::format("there is no program '{}'", program), true};
  return {generation, "it ended " + launcher::describe_status(status)};
}

failure not_ready(std::string detail) {
  failure reason(error_code::interpreter_not_ready, "Python interpreter is not ready");
  reason.detail = std::move(detail);
  return reason;
}

/// For whoever wants one. Where one has served, Python is there, unless it was removed; and the lack of an
/// init says nothing against it.
failure refusal_because(const fork_server_state& state, const fork_server_lost& why) {
  auto reason = not_ready(why.problem);
  if (state.serving.generation != 0)
    reason.message = "The new one did not begin, the one before goes on";
  else if (why.no_program || (why.generation != 0 && !state.has_served)) {
    reason.code = error_code::python_not_available;
    reason.message = "Python interpreter not available";
  }
  return reason;
}

std::optional<launcher::confinement> limits_of_forks(const services& context) {
  const auto settings = context.settings();
  const auto& isolation = settings->isolation;
  if (isolation.level == config::isolation_level::none)
    return std::nullopt;
  auto limits = launcher::make_confinement(isolation.allow_mounts, context.network_is_limited);
  if (isolation.level == config::isolation_level::strict)
    limits.writing = launcher::make_writing_rules(context.writable_places, context.directory,
                                                  isolation.private_tmp_bytes != 0);
  return limits;
}

/// On the init's strand, which is where programs are started.
void start_program(const services_ptr& context, const init_handle& init, bool isolate,
                   launcher::descriptor socket, const fork_server_actor& me, std::uint64_t generation,
                   std::uint32_t& number, std::shared_ptr<std::atomic<pid_t>> process) {
  const launcher::descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  launcher::program_events fate;
  fate.started = [me, generation, process = std::move(process)](launcher::process_ids ids, int error) {
    *process = ids.on_host;
    if (error != 0)
      caf::anon_send(me, fork_server_lost{generation, std::strerror(error)});
  };
  fate.ended = [me, generation,
                program = context->settings()->interpreter.python_program](std::optional<int> status) {
    if (status) // else its init is lost, which is told next
      caf::anon_send(me, end_of(generation, *status, program));
  };
  std::vector<int> descriptors{null.get(), null.get(), null.get(), socket.get()};
  const auto limits = limits_of_forks(*context);
  launcher::descriptor filter;
  if (limits) {
    filter = launcher::memory_file({reinterpret_cast<const char*>(limits->filter.data()),
                                    limits->filter.size() * sizeof(limits->filter.front())});
    descriptors.push_back(filter.get());
    if (context->workload_groups)
      for (const auto& parent : context->workload_groups->parents())
        descriptors.push_back(parent.directory.get());
  }
  number = init->start(fork_server_program(*context, isolate, limits), descriptors, std::move(fate));
}

/// It may hang. What it has forked lives on.
void kill_program(const fork_server_state& state, const fork_server_process& which) {
  if (state.init && which.program)
    asio::post(state.init->executor(), [init = state.init, program = which.program] {
      init->terminate(*program, std::chrono::milliseconds(0));
    });
}

void note(self_pointer self, std::string text) {
  self->observer()->events.append({.kind = supervision::event_kind::notice,
                                   .path = self->record()->path(),
                                   .actor_kind = fork_server_state::name,
                                   .text = std::move(text)});
}

void start(self_pointer self) {
  auto& state = self->state;
  const auto generation = state.last_generation;
  const fork_server_actor me(self);
  auto sockets = launcher::make_seqpacket_pair();
  launcher::fork_server_link::callbacks events;
  events.ready = [me, generation](const std::string& version, const std::string& missing) {
    caf::anon_send(me, fork_server_ready{generation, version, missing});
  };
  events.stale = [me, generation] { caf::anon_send(me, fork_server_stale{generation}); };
  events.lost = [me, generation](const std::string& problem) {
    caf::anon_send(me, fork_server_lost{generation, problem});
  };
  state.candidate = {generation,
                     launcher::fork_server_link::create(state.context->io, std::move(sockets.first),
                                                        state.context->settings()->interpreter.start_timeout,
                                                        std::move(events)),
                     std::make_shared<std::uint32_t>(0), std::make_shared<std::atomic<pid_t>>(0)};
  std::erase_if(state.below_init, [](const auto& link) { return link.expired(); });
  state.below_init.push_back(state.candidate.link);
  auto theirs = std::make_shared<launcher::descriptor>(std::move(sockets.second));
  asio::post(state.init->executor(),
             [context = state.context, init = state.init, isolate = state.isolated, theirs, me, generation,
              program = state.candidate.program, process = state.candidate.process] {
               start_program(context, init, isolate, std::move(*theirs), me, generation, *program, process);
             });
}

void lose_all(self_pointer self, const std::string& problem);

/// From when on there is something that can be given up.
void limit_start(self_pointer self) {
  self->delayed_send(self, self->state.context->settings()->interpreter.start_timeout,
                     fork_server_overdue{self->state.last_generation});
}

/// Below the init of the one before, if that is there: executors live on below it.
void begin(self_pointer self) {
  auto& state = self->state;
  state.phase = fork_server_phase::begun;
  ++state.last_generation;
  if (state.serving.generation == 0)
    self->set_status("starting");
  if (state.init_is_ready) {
    limit_start(self);
    return start(self);
  }
  const bool isolate = state.context->settings()->isolation.level != config::isolation_level::none;
  const bool limited = false; // it moves its forks into groups with limits of their own
  request_init(
      self, state.context, {isolate, limited}, fork_server_actor(self),
      [self](init_handle init) {
        self->state.init = std::move(init);
        limit_start(self);
      },
      [self](const caf::error& reason) { lose_all(self, supervision::describe(reason)); });
}

/// Who has asked since the candidate began may want what it has not seen.
void reload_again(self_pointer self) {
  auto& state = self->state;
  state.reloads = std::exchange(state.later_reloads, {});
  if (!state.reloads.empty())
    begin(self);
}

void refuse(const fork_server_state::waiting& reloads, const failure& reason) {
  for (const auto& done : reloads)
    done.deliver(reason);
}

void on_ready(self_pointer self, const fork_server_ready& event) {
  auto& state = self->state;
  state.serving = std::exchange(state.candidate, {});
  state.has_served = true;
  if (!state.alive_since)
    state.alive_since = clock::now();
  self->set_status("Python " + event.version);
  self->set_process(*state.serving.process);
  self->set_restart_due({});
  if (!event.missing.empty())
    note(self, "modules that could not be imported: " + event.missing);
  tell_pool(self);
  for (const auto& done : std::exchange(state.reloads, {}))
    done.deliver(event.version);
  reload_again(self);
}

/// Nobody serves, and nobody is about to. Where one had served, who wants a context waits for the next; not
/// for ever, where they end before they have forked once.
void start_later(self_pointer self, const fork_server_lost& why) {
  auto& state = self->state;
  const auto now = clock::now();
  const auto alive_since = std::exchange(state.alive_since, std::nullopt);
  const auto delay = state.retry.next_delay(alive_since.value_or(now), now);
  const auto reason = refusal_because(state, why);
  state.phase = fork_server_phase::pausing;
  state.pause_ends = now + delay;
  refuse(std::exchange(state.reloads, {}), reason);
  refuse(std::exchange(state.later_reloads, {}), reason);
  self->set_last_error(why.problem);
  self->set_status("waiting to start again: " + why.problem);
  self->set_process(0);
  self->set_restart_due(std::chrono::system_clock::now() + delay);
  const bool may_wait = alive_since && state.useless < useless_to_refuse;
  tell_pool(self, may_wait ? std::nullopt : std::optional(reason));
  self->delayed_send(self, delay, fork_server_pause_over{});
}

void lose_candidate(self_pointer self, const fork_server_lost& why) {
  auto& state = self->state;
  kill_program(state, std::exchange(state.candidate, {}));
  if (state.serving.generation == 0)
    return start_later(self, why);
  refuse(std::exchange(state.reloads, {}), refusal_because(state, why));
  note(self, "the new one did not begin, the one before goes on: " + why.problem);
  reload_again(self);
}

/// One that has ended by itself is not killed before its status is known, which would be another then.
void lose_ended(self_pointer self, const fork_server_lost& why) {
  kill_program(self->state, std::exchange(self->state.ended, {}));
  note(self, "the one that served is lost: " + why.problem);
}

/// `silent`: why is not known yet.
void lose_serving(self_pointer self, const fork_server_lost& why, bool silent) {
  auto& state = self->state;
  if (state.ended.generation != 0) // so soon after it
    lose_ended(self, {state.ended.generation, "it has ended"});
  state.ended = std::exchange(state.serving, {});
  state.useless = state.ended.link->has_forked() ? 0 : state.useless + state.ended.link->was_asked();
  if (silent)
    self->delayed_send(self, time_for_a_status, why);
  else
    lose_ended(self, why);
  if (state.candidate.generation == 0)
    return start_later(self, why);
  self->set_status("starting");
  tell_pool(self); // until the candidate is ready there is none
}

/// The end of its init, or none to be had. The ends of sockets of programs below it may have been told
/// before, and the pause may have begun already.
void lose_all(self_pointer self, const std::string& problem) {
  auto& state = self->state;
  for (const auto& link : std::exchange(state.below_init, {}))
    if (const auto living = state.isolated ? link.lock() : nullptr)
      living->doom();
  if (state.serving.generation != 0 || state.ended.generation != 0) {
    note(self, "the one that served is lost with its init: " + problem);
    state.useless = 0;
  }
  state.serving = {};
  state.candidate = {};
  state.ended = {};
  state.init.reset();
  state.init_is_ready = false;
  if (state.phase == fork_server_phase::begun)
    start_later(self, {0, problem});
}

void on_lost(self_pointer self, const fork_server_lost& event) {
  const auto& state = self->state;
  auto why = event;
  if (why.problem.empty())
    why.problem = "it has ended";
  if (event.generation == state.ended.generation)
    lose_ended(self, why);
  else if (event.generation == state.serving.generation)
    lose_serving(self, why, event.problem.empty());
  else if (event.generation != state.candidate.generation)
    return;
  else if (event.problem.empty()) // its status says more
    self->delayed_send(self, time_for_a_status, why);
  else
    lose_candidate(self, why);
}

/// Nothing else tells of one that hangs. Where its init has not said hello there is no program to end yet, so
/// the init itself is given up.
void on_overdue(self_pointer self, const fork_server_overdue& event) {
  const auto& state = self->state;
  if (event.generation == state.candidate.generation)
    lose_candidate(self, {event.generation, "it did not start in time"});
  else if (state.init && !state.init_is_ready && event.generation == state.last_generation)
    state.init->give_up("it did not start in time");
}

/// What begins after the pause answers; a pause that takes longer than a start may is not worth the wait.
void on_reload(self_pointer self, const reload_fork_server& wanted) {
  auto& state = self->state;
  const auto pause = state.pause_ends - clock::now();
  const bool is_pausing = state.phase == fork_server_phase::pausing;
  if (is_pausing && pause > state.context->settings()->interpreter.start_timeout) {
    auto reason = not_ready("it has failed too often to start again at once");
    reason.retry_after = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(pause).count());
    return wanted.done.deliver(reason);
  }
  if (state.candidate.generation != 0) {
    state.later_reloads.push_back(wanted.done);
    return;
  }
  state.reloads.push_back(wanted.done);
  if (state.phase == fork_server_phase::idle || (!is_pausing && state.init_is_ready))
    begin(self);
}

/// Not while one starts: it will tell if it has missed anything.
void on_stale(self_pointer self, const fork_server_stale& event) {
  auto& state = self->state;
  if (event.generation != state.serving.generation || state.candidate.generation != 0 ||
      !state.context->settings()->interpreter.python_reload)
    return;
  note(self, "packages have changed: starting a new one");
  begin(self);
}

} // namespace

fork_server_state::~fork_server_state() {
  if (init)
    init->kill();
}

fork_server_actor::behavior_type fork_server_behavior(self_pointer self, services_ptr context) {
  auto& state = self->state;
  const auto settings = context->settings();
  state.retry = supervision::backoff(
      {.initial = settings->supervision.backoff_base, .maximum = settings->supervision.backoff_max});
  state.context = std::move(context);
  self->set_status("not wanted yet");
  tell_pool(self); // which may have asked the one before
  return {
      [self](const init_ready& event) {
        self->state.init_is_ready = true;
        self->state.isolated = event.identity.isolated;
        start(self);
      },
      [self](const init_lost& event) { lose_all(self, event.reason); },
      [self](const fork_server_ready& event) {
        if (event.generation == self->state.candidate.generation)
          on_ready(self, event);
      },
      [self](const fork_server_lost& event) { on_lost(self, event); },
      [self](const fork_server_overdue& event) { on_overdue(self, event); },
      [self](start_fork_server) {
        if (self->state.phase == fork_server_phase::idle)
          begin(self);
      },
      [self](fork_server_pause_over) { begin(self); },
      [self](const fork_server_stale& event) { on_stale(self, event); },
      [self](const reload_fork_server& wanted) { on_reload(self, wanted); },
  };
}

} // namespace sandboxd::actors
