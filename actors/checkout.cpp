#include "actors/checkout.hpp"

#include "actors/paths.hpp"
#include "config/programs.hpp"
#include "git/clone_fault.hpp"
#include "git/clone_url.hpp"
#include "launcher/shell_script.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<checkout_state, checkout_actor>;

/// Output of the helper that may be on its way at a time, in bytes.
constexpr std::size_t output_credit = 256u << 10;

/// An init that does not say that something is gone is given up within this time after the kill grace
/// (`launcher/session_process`), so that waiting longer has no use.
constexpr std::chrono::milliseconds patience_with_init{6000};

/// Reads what the helper prints, on an I/O thread, and tells the actor.
class helper_reader : public command_observer {
public:
  helper_reader(checkout_actor owner, std::shared_ptr<const std::atomic<bool>> called_off)
      : owner_(std::move(owner)), called_off_(std::move(called_off)) {}

  [[nodiscard]] bool wants_live_output() const override { return true; }
  void started(command_control control) override {
    grant_ = control.grant;
    grant_(output_credit);
    // Before it is let go, so that nothing begins that nobody wants.
    if (*called_off_ && control.terminate)
      control.terminate([] {});
    caf::anon_send(owner_, process_started{std::move(control)});
  }
  void output(output_stream stream, std::string bytes) override {
    if (stream == output_stream::out)
      for (const auto& line : lines_.feed(bytes))
        tell(line);
    grant_(bytes.size());
  }
  void finished(command_outcome outcome) override {
    caf::anon_send(owner_, process_ended{outcome.exit_code});
  }
  void failed(failure reason) override { caf::anon_send(owner_, process_failed{std::move(reason)}); }

private:
  void tell(const std::string& line) {
    auto message = git::parse_line(line);
    if (!message)
      return;
    if (auto* progress = std::get_if<git::clone_progress>(&*message))
      caf::anon_send(owner_, checkout_progressed{std::move(*progress)});
    else
      caf::anon_send(owner_, checkout_told{std::get<git::clone_result>(std::move(*message))});
  }

  const checkout_actor owner_;
  const std::shared_ptr<const std::atomic<bool>> called_off_;
  git::line_splitter lines_;
  std::function<void(std::size_t)> grant_;
};

std::function<void()> tell_gone(self_pointer self) {
  return [me = checkout_actor(self)] { caf::anon_send(me, process_gone{}); };
}

void quit_when_done(self_pointer self) {
  self->set_status(self->state.describe());
  if (self->state.done())
    self->quit();
}

void call_off(self_pointer self, failure reason) {
  self->state.call_off(std::move(reason), tell_gone(self));
  self->delayed_send(self, self->state.end_time(), checkout_given_up{});
  quit_when_done(self);
}

failure cancelled() {
  failure reason(error_code::command_execution_error, "The clone was called off");
  reason.detail = "its client has left";
  return reason;
}

void begin(self_pointer self, const std::shared_ptr<const std::atomic<bool>>& called_off) {
  const auto manager = self->observer()->actors->find<session_manager_actor>(paths::session_manager);
  if (self->state.called_off())
    self->state.failed(cancelled());
  else if (!manager)
    self->state.failed({error_code::unavailable, "The sandbox is restarting its sessions"});
  else
    return self->send(
        manager, self->state.make_command(std::make_shared<helper_reader>(checkout_actor(self), called_off)));
  self->quit();
}

} // namespace

checkout_state::~checkout_state() {
  if (order_.called_off)
    *order_.called_off = true;
  if (runs_ && !over_ && control_.terminate)
    control_.terminate([] {});
}

void checkout_state::configure(start_checkout order, services_ptr context) {
  order_ = std::move(order);
  context_ = std::move(context);
}

run_command checkout_state::make_command(std::shared_ptr<command_observer> observer) const {
  const auto& request = order_.request;
  run_command command;
  command.request.session = request.session;
  command.request.command =
      "builtin exec " +
      launcher::shell_script::quote((context_->programs / config::programs::git_worker).string());
  command.request.mode = request.sessionless ? run_mode::sessionless : run_mode::background;
  command.request.missing = request.missing;
  command.request.keep_after_restart = request.keep_after_restart;
  command.request.env = {{git::order_variable, git::to_text(request.order)}};
  command.request.timeout = std::chrono::milliseconds(0); // this actor sees to that
  command.request.request_id = request.request_id;
  command.observer = observer_handle(std::move(observer));
  command.origin = supervision::current_origin();
  return command;
}

void checkout_state::started(command_control control, std::function<void()> gone) {
  control_ = std::move(control);
  runs_ = true;
  phase_ = "connecting";
  if (reason_)
    control_.terminate(std::move(gone)); // nobody waits for its end any more, but this actor
}

void checkout_state::progressed(const git::clone_progress& progress) {
  phase_ = progress.phase.substr(0, 32);
  if (!called_off() && order_.on_progress)
    order_.on_progress(progress);
}

void checkout_state::ended(int exit_code) {
  over_ = true;
  if (ending_)
    return; // what it has started may live
  if (result_)
    return answer(std::move(*result_));
  failure reason(error_code::command_execution_error, "The clone ended without a result",
                 order_.request.session);
  reason.detail = fmt::format("the helper ended with exit code {}", exit_code);
  answer(std::move(reason));
}

void checkout_state::failed(const failure& reason) {
  over_ = true;
  ending_ = false; // nobody will tell
  answer(reason_.value_or(reason));
}

void checkout_state::call_off(failure reason, std::function<void()> gone) {
  if (reason_ || over_)
    return;
  *order_.called_off = true;
  reason_ = std::move(reason);
  ending_ = true;
  if (runs_)
    control_.terminate(std::move(gone));
  else
    answer(*reason_); // it never begins
}

void checkout_state::gone() {
  ending_ = false;
  if (result_ && result_->exit_code == 0) // it had come to its end when it was called off
    answer(std::move(*result_));
  else if (reason_)
    answer(*reason_);
}

std::chrono::milliseconds checkout_state::end_time() const {
  return context_->settings()->session.kill_grace + patience_with_init;
}

failure checkout_state::timed_out() const {
  failure reason(error_code::command_timeout, "Operation timed out", order_.request.session);
  reason.exit_code = git::timed_out_exit_code;
  return reason;
}

std::string checkout_state::describe() const {
  return fmt::format("{}: {}", ending_ ? "ending" : phase_, git::redact(order_.request.order.url));
}

void checkout_state::answer(result_of<git::clone_result> result) {
  if (auto* outcome = std::get_if<git::clone_result>(&result))
    outcome->standard_error = git::redact(outcome->standard_error, order_.request.order.url);
  order_.done.deliver(std::move(result));
}

checkout_actor::behavior_type checkout_behavior(self_pointer self, services_ptr context,
                                                start_checkout order) {
  const auto called_off = order.called_off;
  self->state.configure(std::move(order), std::move(context));
  self->set_status(self->state.describe());
  self->set_exit_handler([self](const caf::exit_msg& message) {
    if (message.reason == caf::exit_reason::kill || self->state.done())
      return self->quit(message.reason);
    call_off(self, {error_code::shutting_down, "The sandbox is shutting down"});
  });
  self->delayed_send(self, self->state.timeout(), process_overdue{});
  begin(self, called_off);
  return {
      [self](process_started& event) {
        self->set_process(event.control.process_on_host);
        self->state.started(std::move(event.control), tell_gone(self));
        self->set_status(self->state.describe());
      },
      [self](checkout_progressed& event) {
        self->state.progressed(event.progress);
        self->set_status(self->state.describe());
      },
      [self](checkout_told& event) { self->state.told(std::move(event.result)); },
      [self](process_ended event) {
        self->set_process(0);
        self->state.ended(event.exit_code);
        quit_when_done(self);
      },
      [self](const process_failed& event) {
        self->state.failed(event.reason);
        quit_when_done(self);
      },
      [self](process_gone) {
        self->state.gone();
        quit_when_done(self);
      },
      [self](process_overdue) { call_off(self, self->state.timed_out()); },
      [self](cancel_checkout) { call_off(self, cancelled()); },
      [self](checkout_given_up) {
        self->state.gone();
        quit_when_done(self);
      },
  };
}

} // namespace sandboxd::actors
