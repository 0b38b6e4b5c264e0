#include "actors/session.hpp"

#include "actors/command_relay.hpp"
#include "actors/paths.hpp"
#include "supervision/errors.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<session_state, session_actor>;
using supervision::supervision_error;

/// Longest part of a command the status shows, in bytes.
constexpr std::size_t shown_command = 80;

/// Wait before the supervisor is asked again for a new shell, while it has not yet seen the end of the old
/// one.
constexpr std::chrono::milliseconds restart_retry{2};

/// All that is kept of a command while it runs is what the status shows.
void keep_excerpt(run_command& command) {
  command.request.command = command.request.command.substr(0, shown_command);
  command.request.env = {};
}

void ask_for_shell(self_pointer self) {
  if (!self->state.wants_shell())
    return;
  const auto path = paths::parent(self->record()->path());
  const auto parent = self->observer()->actors->find<supervision::supervisor_actor>(path);
  if (!parent)
    return; // the whole session is ending
  const auto timeout = self->state.start_timeout();
  self->request(parent, timeout, supervision::restart_child{"shell"})
      .then([](const caf::strong_actor_ptr&) {},
            [self](const caf::error& reason) {
              if (supervision::is(reason, supervision_error::running) ||
                  supervision::is(reason, supervision_error::restarting))
                self->delayed_send(self, restart_retry, restart_shell{});
              else
                self->quit(reason);
            });
}

} // namespace

void session_state::configure(services_ptr context, session_options options, std::string shell_path,
                              std::function<void(std::uint64_t)> on_stream_end) {
  context_ = std::move(context);
  options_ = std::move(options);
  shell_path_ = std::make_shared<const std::string>(std::move(shell_path));
  on_stream_end_ = std::move(on_stream_end);
  retired_ =
      std::make_shared<launcher::retired_channels>(context_->settings()->session.max_background_outputs);
}

std::chrono::milliseconds session_state::start_timeout() const {
  return context_->settings()->session.start_timeout + std::chrono::seconds(1);
}

std::chrono::milliseconds session_state::default_timeout() const {
  return options_.command_timeout.value_or(context_->settings()->session.command_timeout);
}

shell_start session_state::next_shell_start() {
  if (std::exchange(had_shell_, true) && !options_.keep_after_restart)
    return {{}, {}, retired_};
  return {options_.env, options_.cwd, retired_};
}

void session_state::enqueue(run_command command) {
  if (closed())
    return command.observer.failed(session_failure(error_code::session_destroyed, options_.id));
  if (waiting_.size() >= context_->settings()->session.max_queued_commands)
    return command.observer.failed(session_failure(error_code::too_busy, options_.id));
  if (unnoticed_end_)
    return command.observer.failed(*std::exchange(unnoticed_end_, std::nullopt));
  waiting_.push_back({std::move(command), nullptr});
  start_next();
  if (!waiting_.empty()) // then the last is still among them
    waiting_.back().wait =
        std::make_shared<const supervision::traced_work>(waiting_.back().wanted.origin, "wait", shell_path_);
}

void session_state::shell_is_free(std::shared_ptr<launcher::shell> shell) {
  if (free_shell_ && free_shell_ != shell) // whose actor crashed without a word
    shell_is_gone(std::nullopt);
  free_shell_ = std::move(shell);
  shell_ = free_shell_;
  wants_shell_ = false;
  current_ = {};
  start_next();
}

void session_state::shell_is_gone(std::optional<int> exit_code) {
  if (free_shell_ && !options_.keep_after_restart) {
    unnoticed_end_ = session_failure(error_code::session_terminated, options_.id);
    unnoticed_end_->exit_code = exit_code;
  }
  wants_shell_ = exit_code.has_value();
  blank_ = !options_.keep_after_restart;
  free_shell_ = nullptr;
  current_ = {};
}

void session_state::start_next() {
  if (!free_shell_ || waiting_.empty() || closed())
    return;
  const auto mode = waiting_.front().wanted.request.mode;
  if (mode == run_mode::forked && count_streams() >= context_->settings()->session.max_streams) {
    waiting_.front().wanted.observer.failed(session_failure(error_code::too_busy, options_.id));
    waiting_.pop_front();
    return start_next();
  }
  current_ = std::move(waiting_.front().wanted);
  current_since_ = std::chrono::system_clock::now();
  waiting_.pop_front();
  blank_ = false;
  auto command =
      make_shell_command(current_.request, default_timeout(), current_.observer.wants_live_output());
  auto events = relay_to(current_, command.timeout, options_.id, closed_, shell_path_, shell_process());
  keep_excerpt(current_);
  const auto shell = std::exchange(free_shell_, nullptr);
  if (mode == run_mode::foreground)
    return shell->run(std::move(command), std::move(events));
  const auto number = ++last_stream_;
  streams_.emplace(number, stream{current_.observer, mode});
  // Over when the launcher lets go of it, whether it was answered or died with its shell's actor.
  const std::shared_ptr<void> end(nullptr, [on_end = on_stream_end_, number](void*) { on_end(number); });
  events.finished = [tell = std::move(events.finished), end](launcher::command_result result) {
    tell(std::move(result));
  };
  shell->fork(std::move(command), std::move(events));
}

std::size_t session_state::count_streams() const {
  return static_cast<std::size_t>(std::count_if(streams_.begin(), streams_.end(), [](const auto& item) {
    return item.second.mode == run_mode::forked;
  }));
}

void session_state::close() {
  *closed_ = true;
  fail_all(error_code::session_destroyed);
}

void session_state::give_up() {
  if (!closed())
    fail_all(error_code::session_terminated);
}

void session_state::fail_all(error_code code) {
  const auto reason = session_failure(code, options_.id);
  current_.observer.failed(reason);
  for (const auto& [number, running] : std::exchange(streams_, {}))
    running.observer.failed(reason);
  for (const auto& command : std::exchange(waiting_, {}))
    command.wanted.observer.failed(reason);
}

std::optional<file_place> session_state::files() const {
  const auto shell = shell_ ? shell_->place() : nullptr;
  if (!shell)
    return std::nullopt;
  // The next shell of a session that has lost its own starts in the workspace.
  const bool as_created = !blank_ && !options_.cwd.empty();
  return file_place{shell->root(), shell,
                    as_created ? options_.cwd : context_->settings()->sandbox.workspace};
}

supervision::actor_details session_state::details() const {
  supervision::actor_details all{{"id", options_.id}};
  if (!current_.request.command.empty()) {
    all.push_back({"command", current_.request.command.substr(0, supervision::actor_record::max_text_bytes)});
    all.push_back({"since", current_since_});
    all.push_back({"requestId", current_.request.request_id});
  }
  all.push_back({"waiting", static_cast<std::int64_t>(waiting_.size())});
  all.push_back({"beside", static_cast<std::int64_t>(streams_.size())});
  return all;
}

pid_t session_state::shell_process() const {
  const auto place = shell_ ? shell_->place() : nullptr;
  return place ? place->process() : 0;
}

std::string session_state::describe() const {
  if (free_shell_)
    return "idle";
  const auto& command = current_.request.command;
  if (command.empty())
    return fmt::format("waiting for its shell, {} waiting", waiting_.size());
  return fmt::format("running: {}, {} waiting", command, waiting_.size());
}

session_actor::behavior_type session_behavior(self_pointer self, const services_ptr& context,
                                              session_options options) {
  auto shell_path = paths::sibling(self->record()->path(), "shell");
  self->state.configure(
      context, std::move(options), std::move(shell_path),
      [me = session_actor(self)](std::uint64_t number) { caf::anon_send(me, stream_ended{number}); });
  const auto show = [self] {
    self->set_status(self->state.describe());
    self->set_details(self->state.details());
  };
  show();
  self->set_exit_handler([self](const caf::exit_msg& message) {
    self->state.give_up();
    self->quit(message.reason);
  });
  return {
      [=](run_command& command) {
        self->state.enqueue(std::move(command));
        show();
      },
      [=](get_shell_start) -> caf::result<shell_start> { return self->state.next_shell_start(); },
      [=](shell_is_free& event) {
        self->state.shell_is_free(std::move(event.shell));
        self->set_process(self->state.shell_process());
        show();
      },
      [=](const shell_is_gone& event) {
        self->state.shell_is_gone(event.exit_code);
        self->set_process(0);
        show();
        ask_for_shell(self);
      },
      [=](stream_ended event) { self->state.stream_ended(event.number); },
      [=](restart_shell) { ask_for_shell(self); },
      [=](close_session) {
        self->state.close();
        self->set_status("closed");
      },
      [=](get_session_options) -> caf::result<session_options> { return self->state.options(); },
      [=](is_blank) -> caf::result<bool> { return self->state.blank(); },
      [=](const locate_files& request) {
        if (auto place = self->state.files())
          request.done.deliver(std::move(*place));
        else
          request.done.deliver(context->files_outside_of_sessions());
      },
  };
}

} // namespace sandboxd::actors
