#include "launcher/shell.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using clock = std::chrono::steady_clock;
using ending = command_result::ending;

/// Longest report line; what is longer is not ours.
constexpr std::size_t longest_report = 256;

/// How long after the last SIGKILL a shell may take to come back before it is given up.
constexpr std::chrono::milliseconds patience{2000};

shell_script::shell_files make_files(const std::string& path) {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  return {fmt::format("{}-{:016x}", path, generator()), fmt::format("{:016x}", generator())};
}

} // namespace

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

struct shell::running_command {
  shell_command command;
  command_events events;
  std::shared_ptr<command_output> output;
  std::uint64_t number = 0;
  std::uint32_t program = 0; // of an adopted fork
  clock::time_point begin;
  asio::steady_timer timer;
  descriptor go; // FIFO on which a fork waits
  bool answered = false;
};

std::shared_ptr<shell> shell::start(asio::io_context& io, std::shared_ptr<session_process> init,
                                    shell_options options, callbacks events) {
  std::shared_ptr<shell> made(new shell(io, std::move(init), std::move(options), std::move(events)));
  asio::dispatch(made->strand_, [made] { made->launch(); });
  return made;
}

shell::shell(asio::io_context& io, std::shared_ptr<session_process> init, shell_options options,
             callbacks events)
    : io_(io), init_(std::move(init)), strand_(init_->executor()), options_(std::move(options)),
      events_(std::move(events)), files_(make_files(options_.control_directory)), reports_(io),
      call_back_timer_(io) {}

shell::~shell() {
  asio::post(io_, [directory = files_.directory] { // the last reference may be an actor's
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  });
}

void shell::launch() {
  try {
    prepare_directory();
    auto orders = make_pipe();
    auto reports = make_pipe();
    const descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ::fcntl(orders.second.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(reports.first.get(), F_SETFL, O_NONBLOCK);
    orders_ = std::move(orders.second);
    reports_.assign(reports.first.release());

    const program bash{shell_script::arguments(options_.executable), options_.environment,
                       options_.directory};
    program_events events;
    events.started = [weak = weak_from_this()](process_ids ids, int error) {
      if (const auto self = weak.lock())
        error == 0 ? self->events_.started(ids) : self->fail_start(error);
    };
    events.ended = [weak = weak_from_this()](std::optional<int> status) {
      if (const auto self = weak.lock())
        self->on_exit(status);
    };
    program_ = init_->start(bash, orders.first.get(), reports.second.get(), null.get(), std::move(events));
    order(shell_script::source_line(files_, "start") + shell_script::report_line(files_, ++sequence_));
    wait_for_reports();
  } catch (const std::system_error& error) {
    fail_start(error.code().value());
  }
}

void shell::prepare_directory() {
  std::error_code ignored;
  std::filesystem::create_directories(files_.directory, ignored);
  ::chmod(files_.directory.c_str(), 0700);
  write_file("start", shell_script::start_script());
  write_file("run", shell_script::run_script(files_));
  write_file("run-inline", shell_script::run_inline_script(files_));
}

/// Somebody may have removed them. Where the name of a FIFO is missing the shell would make a plain file.
void shell::replace_missing_files() {
  const auto missing = [this](const char* name) { return ::access(files_.path(name).c_str(), F_OK) != 0; };
  if (spare_output_ && (missing("out") || missing("err")))
    std::exchange(spare_output_, nullptr)->discard();
  if (missing("run") || missing("run-inline"))
    prepare_directory();
}

void shell::write_file(const std::string& name, const std::string& text) const {
  const descriptor file(
      ::open(files_.path(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file)
    throw std::system_error(errno, std::generic_category(), "open control file");
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0)
      throw std::system_error(errno, std::generic_category(), "write control file");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Lines are shorter than PIPE_BUF and the pipe is empty when they are sent, so they are written whole. A
/// shell that is gone is reported by its init.
void shell::order(const std::string& lines) {
  [[maybe_unused]] const ssize_t written = ::write(orders_.get(), lines.data(), lines.size());
}

void shell::run(shell_command command, command_events events) {
  auto job = std::make_shared<running_command>(running_command{std::move(command),
                                                               std::move(events),
                                                               nullptr,
                                                               0,
                                                               0,
                                                               clock::now(),
                                                               asio::steady_timer(io_),
                                                               {},
                                                               false});
  asio::dispatch(strand_, [self = shared_from_this(), job] { self->begin_run(job); });
}

void shell::fork(shell_command command, command_events events) {
  auto job = std::make_shared<running_command>(running_command{std::move(command),
                                                               std::move(events),
                                                               nullptr,
                                                               0,
                                                               0,
                                                               clock::now(),
                                                               asio::steady_timer(io_),
                                                               {},
                                                               false});
  asio::dispatch(strand_, [self = shared_from_this(), job] { self->begin_fork(job); });
}

void shell::begin_run(const running_ptr& job) {
  if (state_ != state::at_prompt)
    return refuse(job, state_ == state::ended ? "the shell has ended" : "the shell is busy");
  const bool plain = job->command.environment.empty() && job->command.directory.empty();
  const bool is_short = plain && job->command.text.size() <= shell_script::longest_inline_command;
  std::string lines;
  try {
    replace_missing_files();
    if (spare_output_)
      job->output = std::exchange(spare_output_, nullptr);
    else
      open_output(job, "");
    if (!is_short)
      write_file("command", shell_script::command_text(job->command.text));
    if (!plain) {
      write_file("with",
                 shell_script::run_with_script(files_, job->command.environment, job->command.directory));
      write_file("restore", shell_script::restore_script(job->command.environment, job->command.directory));
    }
  } catch (const std::system_error& error) {
    return refuse(job, error.what());
  }
  job->number = ++sequence_;
  if (job->command.timeout.count() > 0 && !std::exchange(traps_call_back_, true))
    lines += shell_script::trap_line();
  if (is_short)
    lines += shell_script::command_line(job->command.text);
  lines += shell_script::source_line(files_, is_short ? "run-inline" : plain ? "run" : "with");
  if (!plain)
    lines += shell_script::keep_status_line() + shell_script::source_line(files_, "restore");
  lines += shell_script::report_line(files_, job->number);
  foreground_ = job;
  state_ = state::running;

  if (job->command.timeout.count() == 0 || mark_ == mark_state::fresh)
    return go(job, lines);
  when_marked_ = [this, job, lines] { go(job, lines); };
  if (std::exchange(mark_, mark_state::asked) == mark_state::none)
    init_->mark([weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->mark_ = mark_state::fresh;
        if (const auto next = std::exchange(self->when_marked_, {}))
          next();
      }
    });
}

void shell::open_output(const running_ptr& job, const std::string& suffix) {
  job->output =
      std::make_shared<command_output>(strand_, files_.path("out" + suffix), files_.path("err" + suffix));
}

void shell::go(const running_ptr& job, const std::string& lines) {
  job->begin = clock::now();
  job->output->start(job->command.live, options_.capture, job->events.output);
  if (job->events.started)
    job->events.started(job->output->handle());
  start_timer(job);
  order(lines);
}

void shell::start_timer(const running_ptr& job) {
  if (job->command.timeout.count() == 0)
    return;
  job->timer.expires_after(job->command.timeout);
  job->timer.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this(), job](const std::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || job->answered)
          return;
        if (job->program != 0)
          self->init_->terminate(job->program, self->options_.kill_grace);
        else if (self->foreground_ == job)
          self->call_back();
        self->finish(job, ending::timed_out, 124);
        job->output->discard();
      }));
}

void shell::reject(const running_ptr& job, const std::string& problem) {
  command_result result;
  result.how = ending::not_started;
  result.problem = problem;
  job->answered = true;
  job->events.finished(std::move(result));
  job->events = {}; // they may hold the observer
}

void shell::refuse(const running_ptr& job, const std::string& problem) {
  reject(job, problem);
  if (state_ == state::at_prompt && events_.at_prompt)
    events_.at_prompt();
}

/// Answers, once everything the streams hold at this moment is delivered.
void shell::finish(const running_ptr& job, ending how, int exit_code) {
  if (std::exchange(job->answered, true))
    return;
  job->timer.cancel();
  job->output->finish([job, how, exit_code] {
    command_result result;
    result.how = how;
    result.exit_code = exit_code;
    result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - job->begin);
    result.out = job->output->out();
    result.err = job->output->err();
    job->events.finished(std::move(result));
    job->events = {}; // they may hold the observer
  });
}

void shell::wait_for_reports() {
  reports_.async_wait(asio::posix::stream_descriptor::wait_read,
                      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
                        if (const auto self = weak.lock(); self && !error && self->state_ != state::ended) {
                          self->read_reports();
                          if (self->reports_.is_open())
                            self->wait_for_reports();
                        }
                      }));
}

void shell::read_reports() {
  char buffer[4096];
  for (;;) {
    const ssize_t count = reports_.is_open() ? ::read(reports_.native_handle(), buffer, sizeof(buffer)) : 0;
    if (count < 0 && errno == EINTR)
      continue;
    if (count == 0 && reports_.is_open())
      reports_.close();
    if (count <= 0)
      return;
    report_buffer_.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = report_buffer_.find('\n')) != std::string::npos;) {
      const std::string line = report_buffer_.substr(0, end);
      report_buffer_.erase(0, end + 1);
      if (const auto report = shell_script::parse_report(files_, line))
        handle(*report);
    }
    if (report_buffer_.size() > longest_report)
      report_buffer_.erase(0, report_buffer_.size() - longest_report);
  }
}

void shell::handle(const shell_script::report& report) {
  if (report.what == shell_script::report::kind::forked)
    return fork_waits(report.number, report.value);
  if (report.number != sequence_)
    return;
  switch (state_) {
  case state::starting:
  case state::forking:
    return return_to_prompt();
  case state::running:
    return command_done(report.value);
  case state::calling_back:
    if (!std::exchange(back_at_prompt_, true)) {
      init_->end_interrupt();
    } else if (settled_) {
      return return_to_prompt();
    }
    return;
  case state::at_prompt:
  case state::ended:
    return;
  }
}

void shell::command_done(int status) {
  const auto job = std::exchange(foreground_, nullptr);
  finish(job, ending::exited, status);
  if (job->output->prepare_reuse())
    spare_output_ = job->output;
  if (traps_call_back_) { // ahead of the next command, which is likely to have a limit too
    mark_ = mark_state::asked;
    init_->mark([weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->mark_ = mark_state::fresh;
        if (const auto next = std::exchange(self->when_marked_, {}))
          next();
      }
    });
  }
  return_to_prompt();
}

void shell::return_to_prompt() {
  state_ = state::at_prompt;
  if (events_.at_prompt)
    events_.at_prompt();
}

/// The foreground command has exceeded its time: end what it started and get the shell back. A shell that
/// does not come back is killed.
void shell::call_back() {
  state_ = state::calling_back;
  back_at_prompt_ = false;
  settled_ = false;
  foreground_ = nullptr;
  init_->interrupt(program_, options_.kill_grace, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->settled();
  });
  call_back_timer_.expires_after(options_.kill_grace + patience);
  call_back_timer_.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error && self->state_ == state::calling_back)
          self->init_->terminate(self->program_, std::chrono::milliseconds(0));
      }));
}

/// No signal goes to the shell any more. One that was sent just before may still cost it the line it reads,
/// so it has to answer once more before it gets a command.
void shell::settled() {
  if (state_ != state::calling_back)
    return;
  settled_ = true;
  call_back_timer_.cancel();
  mark_ = mark_state::none;
  order("\n" + shell_script::report_line(files_, ++sequence_));
}

void shell::begin_fork(const running_ptr& job) {
  if (state_ != state::at_prompt)
    return refuse(job, state_ == state::ended ? "the shell has ended" : "the shell is busy");
  job->number = ++sequence_;
  const std::string suffix = fmt::format("-{}", job->number);
  const std::string go_path = files_.path("go" + suffix);
  try {
    replace_missing_files();
    open_output(job, suffix);
    write_file("command" + suffix, shell_script::command_text(job->command.text));
    write_file("fork", shell_script::fork_script(files_, job->number, job->command.environment,
                                                 job->command.directory));
    if (::mkfifo(go_path.c_str(), 0600) != 0)
      throw std::system_error(errno, std::generic_category(), "mkfifo");
    job->go.reset(::open(go_path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  } catch (const std::system_error& error) {
    return refuse(job, error.what());
  }
  forks_.emplace(job->number, job);
  state_ = state::forking;
  order(shell_script::eval_line(files_, "fork") + shell_script::report_line(files_, job->number));
}

/// The fork exists and waits for its line: it becomes a program of the init first, which then knows its end.
void shell::fork_waits(std::uint64_t number, pid_t pid) {
  const auto found = forks_.find(number);
  if (found == forks_.end())
    return;
  const auto job = found->second;
  forks_.erase(found);
  program_events events;
  events.started = [self = shared_from_this(), job](process_ids, int error) {
    if (error != 0) // somebody killed it
      return reject(job, std::strerror(error));
    job->begin = clock::now();
    job->output->start(job->command.live, self->options_.capture, job->events.output);
    if (job->events.started)
      job->events.started(job->output->handle());
    self->start_timer(job);
    [[maybe_unused]] const ssize_t written = ::write(job->go.get(), "\n", 1);
  };
  // Forks outlive the shell, so they keep this object (and its directory) alive.
  events.ended = [self = shared_from_this(), job](std::optional<int> status) {
    self->fork_ended(job, status);
  };
  job->program = init_->adopt(pid, std::move(events));
}

void shell::fork_ended(const running_ptr& job, std::optional<int> status) {
  ::unlink(files_.path(fmt::format("go-{}", job->number)).c_str());
  ::unlink(files_.path(fmt::format("command-{}", job->number)).c_str());
  job->go.reset();
  finish(job, status ? ending::exited : ending::lost, status ? exit_code_of(*status) : 0);
}

void shell::on_exit(std::optional<int> wait_status) {
  read_reports(); // what it reported before its end
  if (state_ == state::ended)
    return;
  state_ = state::ended;
  call_back_timer_.cancel();
  if (std::exchange(when_marked_, {})) // the command has not begun: what its output holds is another's
    foreground_->output->start(false, options_.capture, {});
  const auto exit_code = wait_status ? std::optional(exit_code_of(*wait_status)) : std::nullopt;
  if (const auto job = std::exchange(foreground_, nullptr))
    finish(job, wait_status ? ending::shell_ended : ending::lost, exit_code.value_or(0));
  for (const auto& [number, job] : std::exchange(forks_, {}))
    refuse(job, "the shell ended");
  orders_.reset();
  if (reports_.is_open())
    reports_.close();
  if (const auto events = std::exchange(events_, {}); events.ended)
    events.ended(exit_code, "");
}

void shell::fail_start(int error) {
  state_ = state::ended;
  if (const auto events = std::exchange(events_, {}); events.ended)
    events.ended(std::nullopt, std::strerror(error));
}

} // namespace sandboxd::launcher
