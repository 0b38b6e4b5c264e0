#include "actors/process_starter.hpp"

#include "actors/paths.hpp"
#include "actors/process.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<process_starter_state, process_starter_actor>;

/// For the supervisor, which answers from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

/// What a process gets on top of `session.kill-grace` for its end.
constexpr std::chrono::milliseconds clean_up_time{1000};

void on_start(self_pointer self, start_process request) {
  auto& state = self->state;
  const auto settings = state.context->settings();
  const auto supervisor = self->observer()->actors->find<supervision::supervisor_actor>(paths::processes);
  if (!supervisor)
    return request.done.deliver(failure{error_code::unavailable, "The sandbox is restarting its processes"});
  process_table::processes dropped;
  const auto outcome = state.context->processes->enter(request.target, settings->process.max_running,
                                                       settings->process.max_finished, dropped);
  if (!dropped.empty())
    state.context->background->run([held = std::move(dropped)] {});
  switch (outcome) {
  case process_table::outcome::id_in_use:
    return request.done.deliver(
        failure{error_code::process_exists,
                fmt::format("Process already exists in session: {}", request.request.id)});
  case process_table::outcome::full:
    return request.done.deliver(failure{error_code::too_busy, "There are too many processes"});
  case process_table::outcome::entered:
    break;
  }
  supervision::child_spec spec;
  spec.id = request.target->child;
  spec.restart = supervision::restart_type::temporary;
  spec.start = supervision::supervised(process_behavior, state.context, request);
  spec.shutdown = settings->session.kill_grace + clean_up_time;
  self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
      .then([](const caf::strong_actor_ptr&) {},
            [request](const caf::error& error) {
              request.target->finish(process_status::error, std::nullopt, std::chrono::system_clock::now());
              failure reason(error_code::internal_error, "The process could not be started");
              reason.detail = supervision::describe(error);
              request.done.deliver(std::move(reason));
            });
}

} // namespace

process_starter_actor::behavior_type process_starter_behavior(self_pointer self, services_ptr context) {
  self->state.context = std::move(context);
  return {[self](start_process& request) { on_start(self, std::move(request)); }};
}

} // namespace sandboxd::actors
