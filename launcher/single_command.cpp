#include "launcher/single_command.hpp"

#include "launcher/command_output.hpp"
#include "launcher/descriptor.hpp"

#include <asio/bind_executor.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

using clock = std::chrono::steady_clock;
using ending = command_result::ending;

struct single_command : std::enable_shared_from_this<single_command> {
  single_command(asio::io_context& io, std::shared_ptr<session_process> below, single_command_options given,
                 command_events receiver)
      : init(std::move(below)), options(std::move(given)), events(std::move(receiver)), timer(io) {}

  void start(const shell_command& command);
  void start_timer(std::chrono::milliseconds timeout);
  void finish(ending how, int exit_code, const std::string& problem = {});

  std::shared_ptr<session_process> init;
  single_command_options options;
  command_events events;
  asio::steady_timer timer;
  std::shared_ptr<command_output> output;
  clock::time_point begin = clock::now();
  bool answered = false;
};

program make_program(const single_command_options& options, const shell_command& command) {
  program bash{{options.executable, "-c", ""}, options.environment, "/"};
  for (const auto& [name, value] : command.environment)
    bash.environment.push_back(fmt::format("{}={}", name, value));
  // On the command's first line, so that the line numbers in error messages are the user's.
  bash.argv.back() =
      fmt::format("builtin cd -- {} 2>/dev/null || {{ builtin echo {} >&2; builtin exit 1; }}; {}",
                  shell_script::quote(command.directory),
                  shell_script::quote(fmt::format("Failed to change directory to '{}'", command.directory)),
                  command.text);
  return bash;
}

void single_command::start(const shell_command& command) {
  descriptor_pair out = make_pipe();
  descriptor_pair err = make_pipe();
  const descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  output = std::make_shared<command_output>(init->executor(), std::move(out.first), std::move(err.first));
  output->start(command.live, options.capture, events.output);
  if (events.started)
    events.started(output->handle());
  start_timer(command.timeout);

  program_events fate;
  fate.started = [self = shared_from_this()](process_ids, int error) {
    if (error != 0)
      self->finish(ending::not_started, 0, std::strerror(error));
  };
  fate.ended = [self = shared_from_this()](std::optional<int> status) {
    self->finish(status ? ending::exited : ending::lost, status ? exit_code_of(*status) : 0);
  };
  init->start(make_program(options, command), null.get(), out.second.get(), err.second.get(),
              std::move(fate));
}

void single_command::start_timer(std::chrono::milliseconds timeout) {
  if (timeout.count() == 0)
    return;
  timer.expires_after(timeout);
  timer.async_wait(
      asio::bind_executor(init->executor(), [weak = weak_from_this()](const std::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->answered)
          return;
        self->finish(ending::timed_out, 124);
        self->output->discard();
      }));
}

void single_command::finish(ending how, int exit_code, const std::string& problem) {
  if (std::exchange(answered, true))
    return;
  timer.cancel();
  init->shut_down(options.kill_grace);
  output->finish([self = shared_from_this(), how, exit_code, problem] {
    command_result result;
    result.how = how;
    result.exit_code = exit_code;
    result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - self->begin);
    result.out = self->output->out();
    result.err = self->output->err();
    result.problem = problem;
    self->events.finished(std::move(result));
    self->events = {};
  });
}

} // namespace

void run_single_command(asio::io_context& io, const std::shared_ptr<session_process>& init,
                        const single_command_options& options, shell_command command, command_events events) {
  const auto running = std::make_shared<single_command>(io, init, options, std::move(events));
  try {
    running->start(command);
  } catch (const std::system_error& error) {
    command_result result;
    result.how = ending::not_started;
    result.problem = error.what();
    running->answered = true;
    running->events.finished(std::move(result));
    init->shut_down(std::chrono::milliseconds(0));
  }
}

} // namespace sandboxd::launcher
