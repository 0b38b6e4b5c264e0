#include "actors/launcher.hpp"

#include <asio/post.hpp>
#include <caf/expected.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<launcher_state, launcher_actor>;
using clock = supervision::backoff::clock;

launcher::spawner::options spawner_options(const services& context) {
  launcher::spawner::options how;
  const auto settings = context.settings();
  const auto& isolation = settings->isolation;
  how.confine = isolation.level != config::isolation_level::none;
  how.allow_mounts = how.confine && isolation.allow_mounts;
  how.is_strict = isolation.level == config::isolation_level::strict;
  how.writable = context.writable_places;
  how.control_files = context.directory;
  how.private_tmp_bytes = how.confine ? isolation.private_tmp_bytes : 0;
  how.groups = context.workload_groups ? &context.workload_groups->parents() : nullptr;
  if (context.workload_groups)
    how.limits = context.workload_groups->limits();
  how.limit_sockets = context.network_is_limited;
  how.hosts_file = context.hosts_file;
  how.network = context.workload_network ? &context.workload_network->handle() : nullptr;
  return how;
}

/// Starting a process takes about a millisecond, which is an I/O thread's business.
void start(self_pointer self) {
  auto& state = self->state;
  const auto generation = ++state.generation;
  const launcher_actor me(self);
  asio::post(state.context->io, [context = state.context, me, generation] {
    spawner_started result{generation, nullptr, {}};
    try {
      result.process = launcher::spawner::start(
          context->io, context->spawner_program, spawner_options(*context),
          {[me, generation](const launcher::protocol::spawner_report& report,
                            std::shared_ptr<const launcher::descriptor> root) {
             caf::anon_send(me, spawner_reported{generation, report, std::move(root)});
           },
           [me, generation] { caf::anon_send(me, spawner_died{generation}); }});
    } catch (const std::exception& error) {
      result.problem = error.what();
    }
    caf::anon_send(me, std::move(result));
  });
}

void start_later(self_pointer self, const std::string& problem) {
  auto& state = self->state;
  const auto now = clock::now();
  const auto delay = state.retry.next_delay(state.spawner ? state.alive_since : now, now);
  state.spawner.reset();
  state.report.reset();
  self->set_last_error(problem);
  self->set_status("starting a spawner");
  self->set_process(0);
  self->set_restart_due(std::chrono::system_clock::now() + delay);
  self->delayed_send(self, delay, start_spawner{});
}

/// A socket without a descriptor when the spawner takes no request at the moment. Fails when this process has
/// no descriptor left, which is no reason to lose the spawner too.
caf::expected<init_socket> spawn(const launcher_state& state, const spawn_init& wanted) {
  // Without namespaces it could end the server, and the rules for the network with it.
  const bool is_bound = state.context->network_is_limited;
  if (is_bound && !wanted.isolate)
    return caf::make_error(caf::sec::runtime_error,
                           "network.egress is limited: there is nothing without namespaces");
  const bool required = wanted.isolate && (is_bound || !state.context->settings()->isolation.fallback);
  try {
    return std::make_shared<launcher::descriptor>(
        state.spawner->spawn({wanted.isolate, required, wanted.limited}));
  } catch (const std::system_error& problem) {
    return caf::make_error(caf::sec::runtime_error, std::string(problem.what()));
  }
}

void await_readiness(self_pointer self) {
  const auto generation = self->state.generation;
  self->state.spawner->when_ready(
      [me = launcher_actor(self), generation] { caf::anon_send(me, spawner_ready{generation}); });
}

void serve_waiting(self_pointer self) {
  auto& state = self->state;
  while (!state.waiting.empty()) {
    auto socket = spawn(state, state.waiting.front().wanted);
    if (socket && !**socket)
      return await_readiness(self);
    if (socket)
      state.waiting.front().answer.deliver(std::move(*socket));
    else
      state.waiting.front().answer.deliver(socket.error());
    state.waiting.pop_front();
  }
}

void note(self_pointer self, std::string text) {
  self->observer()->events.append({.kind = supervision::event_kind::notice,
                                   .path = self->record()->path(),
                                   .actor_kind = launcher_state::name,
                                   .text = std::move(text)});
}

/// What is missing of the protection from workloads, when it is another problem than that of the spawner
/// before.
void tell_problems(self_pointer self) {
  auto& state = self->state;
  auto& context = *state.context;
  const auto& report = *state.report;
  const bool is_strict = context.settings()->isolation.level == config::isolation_level::strict;
  const auto before = std::exchange(state.told, report).value_or(launcher::protocol::spawner_report{});
  if (report.user_namespace_problem != 0 && report.user_namespace_problem != before.user_namespace_problem)
    note(self, fmt::format("an ordinary user's server cannot isolate sessions without a user namespace: {}",
                           std::strerror(report.user_namespace_problem)));
  if (report.closing_problem != 0 && report.closing_problem != before.closing_problem)
    note(self, fmt::format(
                   "the server cannot make {}/proc/sys, /sys and control groups read-only for workloads: {}",
                   is_strict ? "the system, " : "", std::strerror(report.closing_problem)));
  if (report.rules_problem != 0 && report.rules_problem != before.rules_problem)
    note(self, fmt::format("nothing but mounts keeps workloads from writing to the system: Landlock: {}",
                           std::strerror(report.rules_problem)));
  if (report.group_problem != 0 && report.group_problem != before.group_problem)
    note(self, fmt::format("workloads are in no control groups, and have no limits of their own: {}",
                           std::strerror(report.group_problem)));
  context.groups_can_be_entered(report.group_problem == 0);
  const auto* groups = context.workload_groups.get();
  if (report.hosts_problem != 0 && report.hosts_problem != before.hosts_problem)
    note(self, fmt::format("workloads do not find the names of network.allow in /etc/hosts: {}",
                           std::strerror(report.hosts_problem)));
  const bool is_news =
      context.mark_workloads(report.is_marked && groups != nullptr && groups->marking_problem().empty());
  if (is_news && groups != nullptr && !report.is_marked && !context.settings()->isolation.allow_mounts)
    note(self, "clients on this machine cannot be told from workloads, and need the token");
}

/// It and its report come in any order.
void begin_if_complete(self_pointer self) {
  auto& state = self->state;
  if (!state.takes_requests())
    return;
  tell_problems(self);
  if (state.context->network_is_limited && !state.report->is_marked) {
    note(self, "network.egress cannot be enforced: workloads could leave their control groups");
    return self->quit(caf::make_error(caf::sec::runtime_error));
  }
  serve_waiting(self);
  self->confirm_start();
}

void on_reported(self_pointer self, const spawner_reported& event) {
  auto& state = self->state;
  const auto& report = event.report;
  if (report.network_problem != 0) {
    ++state.generation; // its end is no news
    return start_later(self, fmt::format("the spawner cannot enter the network of workloads: {}",
                                         std::strerror(report.network_problem)));
  }
  state.report = report;
  if (state.context->settings()->isolation.level == config::isolation_level::strict)
    state.context->place_files_outside_of_sessions(event.root);
  begin_if_complete(self);
}

void on_started(self_pointer self, spawner_started& event) {
  auto& state = self->state;
  if (!event.process)
    return start_later(self, event.problem);
  state.spawner = std::move(event.process);
  state.alive_since = clock::now();
  self->set_status("spawner " + std::to_string(state.spawner->pid()));
  self->set_process(state.spawner->pid());
  self->set_restart_due({});
  begin_if_complete(self);
}

/// A request that its sender no longer waits for gets an init all the same, which ends as nobody holds it.
caf::result<init_socket> on_request(self_pointer self, const spawn_init& wanted) {
  auto& state = self->state;
  const bool first = state.waiting.empty();
  if (state.takes_requests() && first)
    if (auto socket = spawn(state, wanted); !socket || **socket)
      return socket;
  const auto none = caf::make_error(caf::sec::runtime_error, "there is no spawner that takes requests");
  if (state.waiting.size() >= state.context->settings()->launcher.max_waiting_requests)
    return none;
  state.waiting.push_back({wanted, {self, none}});
  if (state.takes_requests() && first)
    await_readiness(self);
  return state.waiting.back().answer.result();
}

} // namespace

launcher_actor::behavior_type launcher_behavior(self_pointer self, services_ptr context) {
  auto& state = self->state;
  const auto supervision = context->settings()->supervision;
  state.retry =
      supervision::backoff({.initial = supervision.backoff_base, .maximum = supervision.backoff_max});
  state.context = std::move(context);
  self->defer_start();
  start(self);
  return {
      [self](const spawn_init& request) -> caf::result<init_socket> { return on_request(self, request); },
      [self](start_spawner) { start(self); },
      [self](spawner_started& event) {
        if (event.generation == self->state.generation)
          on_started(self, event);
      },
      [self](const spawner_reported& event) {
        if (event.generation == self->state.generation)
          on_reported(self, event);
      },
      [self](const spawner_ready& event) {
        if (event.generation == self->state.generation && self->state.takes_requests())
          serve_waiting(self);
      },
      [self](const spawner_died& event) {
        if (event.generation == self->state.generation)
          start_later(self, "the spawner died");
      },
  };
}

} // namespace sandboxd::actors
