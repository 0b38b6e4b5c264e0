#include "actors/command_relay.hpp"

#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

using launched = launcher::command_result::ending;

command_outcome make_outcome(launcher::command_result& result, std::chrono::milliseconds timeout) {
  command_outcome outcome;
  outcome.how = result.how == launched::exited        ? command_outcome::ending::exited
                : result.how == launched::shell_ended ? command_outcome::ending::shell_ended
                                                      : command_outcome::ending::timed_out;
  outcome.exit_code = result.exit_code;
  outcome.out_of_memory = result.out_of_memory;
  outcome.timeout = timeout;
  outcome.duration = result.duration;
  outcome.out = std::move(result.out);
  outcome.err = std::move(result.err);
  return outcome;
}

std::string describe(const launcher::command_result& result) {
  switch (result.how) {
  case launched::exited:
    return fmt::format("exited with {}", result.exit_code);
  case launched::shell_ended:
    return fmt::format("ended its shell, with {}", result.exit_code);
  case launched::timed_out:
    return "took too long";
  case launched::lost:
    return "was lost";
  case launched::not_started:
    return "could not be started: " + result.problem;
  }
  return {};
}

} // namespace

launcher::shell_command make_shell_command(const command_request& request,
                                           std::chrono::milliseconds default_timeout, bool live) {
  return {request.command,
          request.env,
          request.cwd,
          request.timeout.value_or(default_timeout),
          live,
          request.with_input,
          request.mode == run_mode::background};
}

launcher::command_events relay_to(const run_command& command, std::chrono::milliseconds timeout,
                                  std::string session, std::shared_ptr<const std::atomic<bool>> closed,
                                  supervision::actor_path actor, pid_t process) {
  const auto& observer = command.observer;
  const auto work = std::make_shared<const supervision::traced_work>(
      command.origin, "command", std::move(actor), process, command.request.command);
  launcher::command_events events;
  events.started = [observer](launcher::command_control control) { observer.started(std::move(control)); };
  events.output = [observer](bool is_error_stream, std::string bytes) {
    observer.output(is_error_stream ? output_stream::err : output_stream::out, std::move(bytes));
  };
  events.finished = [observer, session = std::move(session), closed = std::move(closed), timeout,
                     work](launcher::command_result result) {
    work->end(describe(result));
    const supervision::trace_scope here(work->origin());
    switch (result.how) {
    case launched::exited:
    case launched::shell_ended:
    case launched::timed_out:
      return observer.finished(make_outcome(result, timeout));
    case launched::lost:
      if (session.empty())
        return observer.failed(command_failure(session, "The command was lost", "its init ended"));
      return observer.failed(session_failure(
          closed && *closed ? error_code::session_destroyed : error_code::session_terminated, session));
    case launched::not_started:
      return observer.failed(command_failure(session, "The command could not be started", result.problem));
    }
  };
  return events;
}

failure command_failure(const std::string& session, std::string message, std::string detail) {
  failure reason(error_code::command_execution_error, std::move(message), session);
  reason.detail = std::move(detail);
  return reason;
}

failure session_failure(error_code code, const std::string& session) {
  failure reason;
  reason.code = code;
  reason.session = session;
  switch (code) {
  case error_code::session_destroyed:
    reason.message = fmt::format("Session '{}' was destroyed", session);
    break;
  case error_code::session_terminated:
    reason.message = fmt::format("Session '{}' shell was lost", session);
    break;
  case error_code::session_not_found:
    reason.message = fmt::format("Session '{}' not found", session);
    break;
  case error_code::session_already_exists:
    reason.message = fmt::format("Session '{}' already exists", session);
    break;
  case error_code::too_busy:
    reason.message = fmt::format("Session '{}' has too many commands waiting", session);
    break;
  default:
    reason.message = fmt::format("Session '{}' cannot do this now", session);
  }
  return reason;
}

} // namespace sandboxd::actors
