#include "launcher/single_command.hpp"

#include "launcher/command_output.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/exit_code.hpp"

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

using clock = std::chrono::steady_clock;
using ending = command_result::ending;

struct single_command : std::enable_shared_from_this<single_command> {
  single_command(asio::io_context& io, std::shared_ptr<session_process> below, single_command_options given,
                 command_events receiver)
      : init(std::move(below)), options(std::move(given)), events(std::move(receiver)), timer(io) {}

  void start(const shell_command& command);
  command_control make_control();
  void terminate(std::function<void()> gone);
  void refuse_directory(const std::string& directory);
  void start_timer(std::chrono::milliseconds timeout);
  void finish(ending how, int exit_code, const std::string& problem = {}, output_tail tail = {});

  std::shared_ptr<session_process> init;
  single_command_options options;
  command_events events;
  asio::steady_timer timer;
  std::shared_ptr<command_output> output;
  clock::time_point begin = clock::now();
  bool answered = false;
  std::vector<std::function<void()>> wait_for_end; // of the program
};

/// The text is an argument where the kernel takes it (MAX_ARG_STRLEN, 128 KiB with its NUL). A longer one is
/// what bash finds on its standard input, which is empty then for the text itself.
constexpr std::size_t longest_argument = 128 * 1024 - 1;
constexpr const char* run_standard_input = "builtin eval \"$(</dev/stdin)\" </dev/null";

program make_program(const single_command_options& options, const shell_command& command) {
  const bool fits = command.text.size() <= longest_argument;
  program bash{{options.executable, "-c", fits ? command.text : run_standard_input},
               options.environment,
               command.directory,
               true};
  bash.environment.push_back("PWD=" + command.directory); // as after `cd`, also through symbolic links
  for (const auto& [name, value] : command.environment)
    bash.environment.push_back(fmt::format("{}={}", name, value));
  return bash;
}

descriptor make_input(const shell_command& command) {
  if (command.text.size() > longest_argument)
    return memory_file(command.text);
  descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null)
    throw std::system_error(errno, std::generic_category(), "open /dev/null");
  return null;
}

void single_command::start(const shell_command& command) {
  descriptor_pair out = make_pipe();
  descriptor_pair err = make_pipe();
  const descriptor input = make_input(command);
  const program what = make_program(options, command);
  output = std::make_shared<command_output>(init->executor(), std::move(out.first), std::move(err.first));
  output->start(command.live, options.capture, events.output);
  if (events.started)
    events.started(make_control());
  start_timer(command.timeout);

  program_events fate;
  fate.started = [self = shared_from_this(), directory = command.directory](process_ids, int error) {
    if (error == cannot_enter)
      self->refuse_directory(directory);
    else if (error != 0)
      self->finish(ending::not_started, 0, std::strerror(error));
  };
  fate.ended = [self = shared_from_this()](std::optional<int> status) {
    for (const auto& gone : std::exchange(self->wait_for_end, {}))
      gone();
    self->finish(status ? ending::exited : ending::lost, status ? exit_code_of(*status) : 0);
  };
  init->start(what, std::array{input.get(), out.second.get(), err.second.get()}, std::move(fate));
}

command_control single_command::make_control() {
  command_control control = output->control();
  control.terminate = [self = weak_from_this(), strand = init->executor()](std::function<void()> gone) {
    asio::post(strand, [self, gone = std::move(gone)] {
      if (const auto running = self.lock())
        running->terminate(gone);
      else
        gone();
    });
  };
  return control;
}

/// The init ends with everything below it.
void single_command::terminate(std::function<void()> gone) {
  if (answered)
    return gone();
  wait_for_end.push_back(std::move(gone));
  init->shut_down(options.kill_grace);
}

/// Ends as a failed `cd` of the shell would (HTTP.md 4.7).
void single_command::refuse_directory(const std::string& directory) {
  finish(ending::exited, 1, {}, {"", fmt::format("Failed to change directory to '{}'\n", directory)});
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

void single_command::finish(ending how, int exit_code, const std::string& problem, output_tail tail) {
  if (std::exchange(answered, true))
    return;
  timer.cancel();
  const bool out_of_memory =
      (exit_code != 0 || how == ending::lost) && init->out_of_memory_kills() > 0; // the group is its own
  init->shut_down(options.kill_grace);
  output->finish(std::move(tail), [self = shared_from_this(), how, exit_code, out_of_memory,
                                   problem](captured_pair captured) {
    command_result result;
    result.how = how;
    result.exit_code = exit_code;
    result.out_of_memory = out_of_memory;
    result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - self->begin);
    result.out = std::move(captured.out);
    result.err = std::move(captured.err);
    result.problem = problem;
    self->events.finished(std::move(result));
    self->events = {};
  });
}

} // namespace

void run_single_command(asio::io_context& io, const std::shared_ptr<session_process>& init,
                        const single_command_options& options, const shell_command& command,
                        command_events events) {
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
