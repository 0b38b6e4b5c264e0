#include "actors/process.hpp"

#include "actors/paths.hpp"
#include "launcher/process_input.hpp"
#include "supervision/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<process_state, process_actor>;
using input_ending = launcher::input_result::ending;

/// Output that may be on its way to the log at a time, in bytes: enough to keep the pipe's reader busy,
/// little enough for others to have their turn.
constexpr std::size_t output_credit = 256u << 10;

/// How long a process is young.
constexpr std::chrono::milliseconds youth{100};

/// Longest part of a command the status shows, in bytes.
constexpr std::size_t shown_command = 80;

/// Exit codes that count as a kill, however caused (HTTP.md 5.1).
constexpr int by_sigkill = 128 + 9;
constexpr int by_sigterm = 128 + 15;

/// Feeds the log, on an I/O thread, and tells the actor how the process fares.
class log_feeder : public command_observer {
public:
  log_feeder(process_actor owner, tracked_process_ptr target)
      : owner_(std::move(owner)), target_(std::move(target)) {}

  [[nodiscard]] bool wants_live_output() const override { return true; }
  void started(command_control control) override {
    grant_ = control.grant;
    grant_(output_credit);
    caf::anon_send(owner_, process_started{std::move(control)});
  }
  void output(output_stream stream, std::string bytes) override {
    target_->log.append(stream == output_stream::err, bytes);
    grant_(bytes.size());
  }
  void finished(command_outcome outcome) override {
    if (outcome.out_of_memory)
      target_->log.append(true, fmt::format("{}\n", out_of_memory_note));
    caf::anon_send(owner_, process_ended{outcome.exit_code});
  }
  void failed(failure reason) override { caf::anon_send(owner_, process_failed{std::move(reason)}); }

private:
  process_actor owner_;
  tracked_process_ptr target_;
  std::function<void(std::size_t)> grant_;
};

void begin(self_pointer self, const tracked_process_ptr& target) {
  const auto manager = self->observer()->actors->find<session_manager_actor>(paths::session_manager);
  if (!manager) {
    self->state.failed({error_code::unavailable, "The sandbox is restarting its sessions"});
    return self->quit();
  }
  self->send(manager, self->state.make_command(std::make_shared<log_feeder>(process_actor(self), target)));
}

/// What is to be told to the actor when nothing is left.
std::function<void()> tell_gone(self_pointer self) {
  return [me = process_actor(self)] { caf::anon_send(me, process_gone{}); };
}

void show(self_pointer self) {
  self->set_status(self->state.describe());
  self->set_details(self->state.details());
  self->set_process(self->state.number_on_host());
}

void quit_when_done(self_pointer self) {
  show(self);
  if (self->state.done())
    self->quit();
}

} // namespace

process_state::~process_state() {
  if (!target_)
    return;
  if (!target_->finished() && control_.terminate)
    control_.terminate([] {});
  end(process_status::error, std::nullopt);
}

void process_state::configure(start_process request, services_ptr context) {
  context_ = std::move(context);
  request_ = std::move(request.request);
  target_ = std::move(request.target);
  started_ = std::move(request.done);
}

run_command process_state::make_command(std::shared_ptr<command_observer> observer) const {
  run_command command;
  command.request.session = request_.session;
  command.request.command = request_.command;
  command.request.mode = run_mode::background;
  command.request.missing = request_.missing;
  command.request.keep_after_restart = request_.keep_after_restart;
  command.request.env = request_.env;
  command.request.cwd = request_.cwd;
  command.request.with_input = request_.with_input;
  command.request.timeout = std::chrono::milliseconds(0); // this actor sees to that
  command.request.request_id = request_.request_id;
  command.observer = observer_handle(std::move(observer));
  command.origin = supervision::current_origin();
  return command;
}

void process_state::started(command_control control) {
  control_ = std::move(control);
  runs_ = true;
  target_->run(control_.process);
  started_.deliver(target_);
  started_ = {};
  for (const auto& gone : std::exchange(wanted_kills_, {}))
    control_.terminate(gone);
}

void process_state::ended(int exit_code) {
  const bool as_killed = killed_ || exit_code == by_sigkill || exit_code == by_sigterm;
  finish(as_killed        ? process_status::killed
         : exit_code == 0 ? process_status::completed
                          : process_status::failed,
         exit_code);
}

/// A session takes its processes along: it ends them with SIGTERM and SIGKILL, its kernel those of a lost one
/// with SIGKILL.
void process_state::failed(const failure& reason) {
  if (runs_ && reason.code == error_code::session_destroyed)
    finish(process_status::killed, by_sigterm);
  else if (runs_)
    finish(process_status::killed, by_sigkill);
  else
    finish(process_status::error, std::nullopt);
  if (reason.code == error_code::session_not_found)
    context_->processes->remove(target_); // as if nobody had asked
  started_.deliver(reason);
  started_ = {};
  ending_ = false; // nobody will tell
  answer_kills();
}

void process_state::kill(kill_process request, std::function<void()> gone) {
  kills_.push_back(std::move(request.done));
  if (target_->finished() && !ending_)
    return answer_kills();
  killed_ = true;
  ending_ = true;
  if (runs_)
    control_.terminate(std::move(gone));
  else
    wanted_kills_.push_back(std::move(gone));
}

void process_state::gone() {
  ending_ = false;
  answer_kills();
}

/// Runs on the session's strand once the bytes have gone, or will not go.
void process_state::write_input(write_process_input wanted) const {
  const auto input = control_.input;
  if (!input)
    return wanted.done.deliver(
        failure{error_code::process_input_closed,
                fmt::format("Process {} {}", request_.id,
                            runs_ ? "was started without standard input" : "does not run yet")});
  const std::size_t all = wanted.bytes.size();
  const auto settings = context_->settings();
  if (all > settings->process.input_waiting_bytes) {
    failure too_long(error_code::validation_failed,
                     fmt::format("data is longer than {} bytes", settings->process.input_waiting_bytes));
    too_long.field = "data";
    return wanted.done.deliver(std::move(too_long));
  }
  input->write(std::move(wanted.bytes), wanted.close, settings->process.input_timeout,
               [all, id = request_.id, done = std::move(wanted.done)](launcher::input_result result) {
                 if (result.how == input_ending::written)
                   return done.deliver(input_written{result.written});
                 const bool is_closed = result.how == input_ending::closed;
                 failure reason(is_closed ? error_code::process_input_closed : error_code::too_busy,
                                is_closed ? fmt::format("Process {} takes no more input", id)
                                          : fmt::format("Process {} does not read its input: {} of {} bytes "
                                                        "were written",
                                                        id, result.written, all));
                 reason.size = result.written;
                 done.deliver(std::move(reason));
               });
}

/// The end of the process and that of all it has started are told apart.
void process_state::answer_kills() {
  if (ending_ || !target_->finished())
    return;
  for (const auto& done : std::exchange(kills_, {}))
    done.deliver(target_->record());
}

/// The first time only.
void process_state::end(process_status status, std::optional<int> exit_code) {
  if (target_->finished())
    return;
  target_->finish(status, exit_code, std::chrono::system_clock::now());
  context_->background->run([target = target_] { target->log.put_away(); });
}

void process_state::finish(process_status status, std::optional<int> exit_code) {
  end(status, exit_code);
  answer_kills();
  settled();
}

void process_state::settle(settle_process request) {
  settling_.push_back(std::move(request.done));
  if (settled_)
    settled();
}

void process_state::settled() {
  settled_ = true;
  for (const auto& done : std::exchange(settling_, {}))
    done.deliver(target_->record());
}

supervision::actor_details process_state::details() const {
  const auto record = target_->record();
  supervision::actor_details all{
      {"id", record.id},
      {"session", record.session},
      {"command", record.command.substr(0, supervision::actor_record::max_text_bytes)},
      {"since", record.start_time},
      {"requestId", request_.request_id}};
  if (record.pid != 0)
    all.push_back({"pidInSession", record.pid});
  if (record.exit_code)
    all.push_back({"exitCode", *record.exit_code});
  return all;
}

pid_t process_state::number_on_host() const {
  return target_->finished() ? 0 : control_.process_on_host;
}

std::string process_state::describe() const {
  const auto record = target_->record();
  const auto who = record.pid == 0 ? std::string("not started") : fmt::format("pid {}", record.pid);
  return fmt::format("{}: {}{}", who, record.command.substr(0, shown_command),
                     record.finished() ? ", ended"
                     : ending_         ? ", ending"
                                       : "");
}

process_actor::behavior_type process_behavior(self_pointer self, services_ptr context,
                                              start_process request) {
  const auto target = request.target;
  self->state.configure(std::move(request), std::move(context));
  self->set_exit_handler([self](const caf::exit_msg& message) {
    if (message.reason == caf::exit_reason::kill || self->state.done())
      return self->quit(message.reason);
    self->state.kill({reply<process_record>([me = process_actor(self)](const auto&) {})}, tell_gone(self));
  });
  if (const auto timeout = self->state.request().timeout; timeout && timeout->count() > 0)
    self->delayed_send(self, *timeout, process_overdue{});
  begin(self, target);
  show(self);
  return {
      [self](process_started& event) {
        self->state.started(std::move(event.control));
        self->delayed_send(self, youth, process_settled{});
        show(self);
      },
      [self](process_ended event) {
        self->state.ended(event.exit_code);
        quit_when_done(self);
      },
      [self](const process_failed& event) {
        self->state.failed(event.reason);
        quit_when_done(self);
      },
      [self](const kill_process& wanted) {
        self->state.kill(wanted, tell_gone(self));
        quit_when_done(self);
      },
      [self](write_process_input& wanted) { self->state.write_input(std::move(wanted)); },
      [self](settle_process& wanted) { self->state.settle(std::move(wanted)); },
      [self](process_settled) { self->state.settled(); },
      [self](process_gone) {
        self->state.gone();
        quit_when_done(self);
      },
      [self](process_overdue) {
        self->state.kill({reply<process_record>([](const auto&) {})}, tell_gone(self));
        quit_when_done(self);
      },
  };
}

} // namespace sandboxd::actors
