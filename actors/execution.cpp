#include "actors/execution.hpp"

#include "actors/command_relay.hpp"
#include "actors/init_request.hpp"
#include "launcher/single_command.hpp"

#include <asio/post.hpp>

#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<execution_state, execution_actor>;

void start(self_pointer self) {
  auto& state = self->state;
  const auto settings_now = state.context->settings();
  const auto& settings = *settings_now;
  launcher::single_command_options options;
  options.executable = settings.session.shell;
  options.environment = state.context->environment;
  options.capture = state.context->capture_limits();
  options.kill_grace = settings.session.kill_grace;

  auto command = make_shell_command(state.command.request, settings.session.command_timeout,
                                    state.command.observer.wants_live_output());
  if (command.directory.empty())
    command.directory = settings.sandbox.workspace;
  auto events = relay_to(state.command, command.timeout, {}, nullptr);
  state.command = {}; // the launcher holds the observer from here on
  asio::post(state.process->executor(),
             [context = state.context, init = state.process, options = std::move(options),
              command = std::move(command), events = std::move(events)] {
               launcher::run_single_command(context->io, init, options, command, events);
             });
}

} // namespace

execution_state::~execution_state() {
  if (process)
    process->kill();
}

execution_actor::behavior_type execution_behavior(self_pointer self, services_ptr context,
                                                  run_command command) {
  self->state.context = context;
  self->state.command = std::move(command);
  self->set_status(self->state.command.request.command.substr(0, 80));
  request_init(self, context, true, execution_actor(self),
               [self](init_handle process) { self->state.process = std::move(process); });
  return {
      [self](const init_ready&) { start(self); },
      [self](const init_lost&) { self->quit(); },
  };
}

} // namespace sandboxd::actors
