#include "actors/execution.hpp"

#include "actors/command_relay.hpp"
#include "actors/init_request.hpp"
#include "config/settings.hpp"
#include "launcher/single_command.hpp"
#include "supervision/errors.hpp"

#include <asio/post.hpp>
#include <caf/exit_reason.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace sandboxd::actors {

namespace {

/// Longest part of a command the status shows, in bytes.
constexpr std::size_t shown_command = 80;

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
  auto events = relay_to(state.command, command.timeout, {}, nullptr, self->record()->shared_path(),
                         self->record()->process());
  state.command = {}; // the launcher holds the observer from here on
  asio::post(state.process->executor(),
             [context = state.context, init = state.process, options = std::move(options),
              command = std::move(command), events = std::move(events)] {
               launcher::run_single_command(context->io, init, options, command, events);
             });
}

/// A command that was handed to the launcher has been answered from there.
void give_up(self_pointer self, const std::string& reason) {
  self->state.command.observer.failed(command_failure({}, "The command could not be started", reason));
  self->quit();
}

void on_exit_request(self_pointer self, const caf::error& reason) {
  auto& state = self->state;
  if (!state.process) // it has not begun
    state.command.observer.failed({error_code::shutting_down, "The sandbox is shutting down"});
  if (!state.process || reason == caf::exit_reason::kill)
    return self->quit(reason);
  state.stopping = true;
  state.process->shut_down(state.context->kill_grace());
}

} // namespace

execution_state::~execution_state() {
  if (process)
    process->kill();
}

execution_actor::behavior_type execution_behavior(self_pointer self, services_ptr context,
                                                  run_command command) {
  self->state.context = std::move(context);
  self->state.command = std::move(command);
  self->set_status(self->state.command.request.command.substr(0, shown_command));
  self->set_details({{"command", self->state.command.request.command.substr(0, shown_command)},
                     {"since", std::chrono::system_clock::now()},
                     {"requestId", self->state.command.request.request_id}});
  self->set_exit_handler([self](const caf::exit_msg& message) { on_exit_request(self, message.reason); });
  const bool isolate = self->state.context->settings()->isolation.level != config::isolation_level::none;
  request_init(
      self, self->state.context, {isolate}, execution_actor(self),
      [self](init_handle process) { self->state.process = std::move(process); },
      [self](const caf::error& reason) { give_up(self, supervision::describe(reason)); });
  return {
      [self](const init_ready& event) {
        self->set_process(event.identity.on_host);
        if (!self->state.stopping)
          start(self);
      },
      [self](const init_lost& event) { give_up(self, event.reason); },
  };
}

} // namespace sandboxd::actors
