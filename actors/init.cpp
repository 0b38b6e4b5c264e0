#include "actors/init.hpp"

#include "actors/init_request.hpp"

#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<init_state, init_actor>;

void on_exit_request(self_pointer self, const caf::error& reason) {
  auto& state = self->state;
  if (!state.process || reason == caf::exit_reason::kill)
    return self->quit(reason);
  state.stopping = true;
  self->set_status("stopping");
  state.process->shut_down(state.context->kill_grace());
}

std::string describe(const launcher::init_identity& identity) {
  if (identity.isolated)
    return fmt::format("pid {}, isolated", identity.on_host);
  return fmt::format("pid {}, not isolated{}{}", identity.on_host,
                     identity.isolation_problem.empty() ? "" : ": ", identity.isolation_problem);
}

} // namespace

init_state::~init_state() {
  if (process)
    process->kill();
}

init_actor::behavior_type init_behavior(self_pointer self, services_ptr context, bool isolate) {
  self->state.context = std::move(context);
  self->defer_start();
  self->set_exit_handler([self](const caf::exit_msg& message) { on_exit_request(self, message.reason); });
  request_init(
      self, self->state.context, {isolate}, init_actor(self),
      [self](init_handle process) { self->state.process = std::move(process); },
      [self](const caf::error& reason) { self->quit(reason); });
  return {
      [self](get_init) -> caf::result<init_handle> { return self->state.process; },
      [self](const init_ready& event) {
        self->set_status(describe(event.identity));
        self->set_process(event.identity.on_host);
        if (!event.identity.isolation_problem.empty())
          self->observer()->events.append(
              {.kind = supervision::event_kind::notice,
               .path = self->record()->path(),
               .actor_kind = init_state::name,
               .text = "runs without isolation: " + event.identity.isolation_problem});
        self->confirm_start();
      },
      [self](const init_lost& event) {
        if (self->state.stopping)
          return self->quit(supervision::polite_exit());
        self->quit(
            supervision::make_supervision_error(supervision::supervision_error::exception, event.reason));
      },
  };
}

} // namespace sandboxd::actors
