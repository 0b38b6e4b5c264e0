#include "actors/shell.hpp"

#include "actors/paths.hpp"
#include "supervision/errors.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<shell_state, shell_actor>;

/// The neighbours answer at once, from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

void fail_start(self_pointer self, std::string problem) {
  self->quit(
      supervision::make_supervision_error(supervision::supervision_error::start_failed, std::move(problem)));
}

template <class Handle>
Handle sibling(self_pointer self, std::string_view id) {
  return self->observer()->actors->template find<Handle>(paths::sibling(self->record()->path(), id));
}

/// `base` with what `more` adds or replaces: of two entries of one name programs may take either.
std::vector<std::string> merge(std::vector<std::string> base, const environment& more) {
  for (const auto& [name, value] : more) {
    const std::string begin = name + '=';
    std::erase_if(base, [&](const std::string& entry) { return entry.starts_with(begin); });
    base.push_back(begin + value);
  }
  return base;
}

launcher::shell_options make_options(const services_ptr& context, const shell_start& start,
                                     std::string control_directory) {
  const auto settings_now = context->settings();
  const auto& settings = *settings_now;
  launcher::shell_options options;
  options.executable = settings.session.shell;
  options.control_directory = std::move(control_directory);
  options.environment = merge(context->environment, start.env);
  options.directory = start.directory.empty() ? settings.sandbox.workspace : start.directory;
  options.limits = [context] {
    const auto now = context->settings();
    return launcher::command_limits{context->capture_limits(), now->session.kill_grace,
                                    now->process.input_waiting_bytes};
  };
  options.start_timeout = settings.session.start_timeout;
  options.retired = start.retired;
  options.background = context->background;
  options.groups = context->process_groups();
  return options;
}

void start(self_pointer self, const services_ptr& context, const init_handle& init, const shell_start& how,
           std::string control_directory) {
  const shell_actor me(self);
  launcher::shell::callbacks events;
  events.started = [me](launcher::process_ids ids) { caf::anon_send(me, shell_started{ids}); };
  events.at_prompt = [me] { caf::anon_send(me, shell_at_prompt{}); };
  events.ended = [me](std::optional<int> exit_code, const std::string& problem) {
    caf::anon_send(me, shell_ended{exit_code, problem});
  };
  self->state.process = launcher::shell::start(
      context->io, init, make_options(context, how, std::move(control_directory)), events);
}

/// Asks session and init, then starts.
void prepare(self_pointer self, const services_ptr& context, const std::string& control_directory) {
  const auto session = sibling<session_actor>(self, "session");
  const auto init = sibling<init_actor>(self, "init");
  if (!session || !init)
    return fail_start(self, "session or init are not there");
  const auto give_up = [self](const caf::error& reason) { self->quit(reason); };
  self->request(session, neighbour_timeout, get_shell_start{})
      .then(
          [=](const shell_start& how) {
            self->request(init, neighbour_timeout, get_init{})
                .then(
                    [=](const init_handle& process) {
                      start(self, context, process, how, control_directory);
                    },
                    give_up);
          },
          give_up);
}

void on_prompt(self_pointer self) {
  self->confirm_start();
  if (const auto session = sibling<session_actor>(self, "session"))
    self->send(session, shell_is_free{self->state.process});
}

/// A shell that is lost with its init is not restarted alone: the init's own end makes the supervisor replace
/// both.
void on_end(self_pointer self, const shell_ended& event) {
  if (const auto session = sibling<session_actor>(self, "session"))
    self->send(session, shell_is_gone{event.exit_code});
  if (event.exit_code)
    self->quit(supervision::make_supervision_error(supervision::supervision_error::shutdown,
                                                   fmt::format("bash ended with {}", *event.exit_code)));
  else if (!event.problem.empty())
    fail_start(self, event.problem);
}

} // namespace

shell_state::~shell_state() {
  if (process)
    process->abandon();
}

shell_actor::behavior_type shell_behavior(self_pointer self, const services_ptr& context,
                                          std::string control_directory) {
  // Of its own for every incarnation: the end of the one before may still be removing its files.
  control_directory += fmt::format("-{}", self->id());
  self->defer_start();
  prepare(self, context, control_directory);
  return {
      [self](const shell_started& event) {
        self->set_status(fmt::format("pid {} ({} in the session)", event.ids.on_host, event.ids.in_session));
        self->set_process(event.ids.on_host);
      },
      [self](shell_at_prompt) { on_prompt(self); },
      [self](const shell_ended& event) { on_end(self, event); },
  };
}

} // namespace sandboxd::actors
