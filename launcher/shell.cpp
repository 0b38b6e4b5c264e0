#include "launcher/shell.hpp"

#include "launcher/exit_code.hpp"
#include "launcher/process_tree.hpp"
#include "launcher/shell_job.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using ending = command_result::ending;

/// Most bytes a shell may write on its own streams between two reports (what an EXIT trap prints); one that
/// writes more is ended.
constexpr std::size_t most_own_output = 1u << 20;

/// How often a shell that does not report is looked at.
constexpr std::chrono::seconds watch_interval{2};

/// How long after the last SIGKILL a shell may take to come back before it is given up.
constexpr std::chrono::milliseconds patience{2000};

shell_script::shell_files make_files(const std::string& path) {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  return {fmt::format("{}-{:016x}", path, generator()), fmt::format("{:016x}", generator())};
}

std::chrono::milliseconds milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// Whether a process is blocked in read(2) on its standard input, and that is the pipe that `writer` writes.
bool waits_for_input(pid_t process, int writer) {
  std::string call;
  std::getline(std::ifstream(fmt::format("/proc/{}/syscall", process)), call);
  struct stat input {};
  struct stat orders {};
  return call.starts_with(fmt::format("{} 0x0 ", SYS_read)) &&
         ::stat(fmt::format("/proc/{}/fd/0", process).c_str(), &input) == 0 &&
         ::fstat(writer, &orders) == 0 && input.st_ino == orders.st_ino;
}

/// That it cannot be looked at (no descriptor left, say) is no sign of its end.
bool has_ended(pid_t process) {
  const auto entry = read_process(process);
  return entry ? entry->dead() : ::kill(process, 0) != 0 && errno == ESRCH;
}

/// The reading end of a pipe; the writing end is returned.
descriptor open_pipe(asio::posix::stream_descriptor& reader) {
  auto pipe = make_pipe();
  ::fcntl(pipe.first.get(), F_SETFL, O_NONBLOCK);
  reader.assign(pipe.first.release());
  return std::move(pipe.second);
}

} // namespace

std::shared_ptr<shell> shell::start(asio::io_context& io, std::shared_ptr<session_process> init,
                                    shell_options options, callbacks events) {
  std::shared_ptr<shell> made(new shell(io, std::move(init), std::move(options), std::move(events)));
  asio::dispatch(made->strand_, [made] { made->launch(); });
  return made;
}

shell::shell(asio::io_context& io, std::shared_ptr<session_process> init, shell_options options,
             callbacks events)
    : io_(io), init_(std::move(init)), strand_(init_->executor()), options_(std::move(options)),
      events_(std::move(events)), files_(make_files(options_.control_directory)),
      directory_(std::make_shared<control_directory>(files_.directory, options_.background)), reports_(io),
      complaints_(io), call_back_timer_(io), put_down_timer_(io), watch_timer_(io) {}

/// The last reference may be an actor's, whose thread removes no files.
shell::~shell() {
  asio::post(io_, [directory = std::move(directory_)] {});
}

void shell::abandon() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->state_ != state::ended && self->program_ != 0)
      self->init_->terminate(self->program_, self->options_.limits().kill_grace);
  });
}

void shell::launch() {
  try {
    directory_->make();
    write_scripts();
    auto orders = make_pipe();
    ::fcntl(orders.second.get(), F_SETFL, O_NONBLOCK);
    orders_ = std::move(orders.second);
    const descriptor reports = open_pipe(reports_.pipe);
    const descriptor complaints = open_pipe(complaints_.pipe);

    const program bash{shell_script::arguments(options_.executable), options_.environment,
                       options_.directory};
    program_events events;
    events.started = [weak = weak_from_this()](process_ids ids, int error) {
      const auto self = weak.lock();
      if (!self)
        return;
      self->process_ = ids.on_host;
      if (error != 0)
        return self->fail_start(error);
      self->place_.store(std::make_shared<const shell_place>(self->init_->root(), ids.on_host));
      self->events_.started(ids);
    };
    events.ended = [weak = weak_from_this()](std::optional<int> status) {
      if (const auto self = weak.lock())
        self->on_exit(status);
    };
    program_ = init_->start(bash, std::array{orders.first.get(), reports.get(), complaints.get()},
                            std::move(events));
    order(shell_script::source_line(files_, "start") + shell_script::report_line(files_, ++sequence_));
    wait_for(reports_);
    wait_for(complaints_);
  } catch (const std::system_error& error) {
    fail_start(error.code().value());
  }
}

void shell::write_scripts() const {
  directory_->write("start", shell_script::start_script());
  directory_->write("run", shell_script::run_script(files_));
  directory_->write("run-inline", shell_script::run_inline_script(files_));
}

/// Somebody may have removed them. Where the name of a FIFO is missing the shell would make a plain file.
void shell::replace_missing_files() {
  if (spare_output_ && (!directory_->has("out") || !directory_->has("err")))
    std::exchange(spare_output_, nullptr)->discard();
  if (directory_->has("run") && directory_->has("run-inline"))
    return;
  directory_->make();
  write_scripts();
}

/// Lines are shorter than PIPE_BUF and the pipe is empty when they are sent, so they are written whole, or
/// the shell does not read as it should. One that is gone is reported by its init.
void shell::order(const std::string& lines) {
  const ssize_t written = ::write(orders_.get(), lines.data(), lines.size());
  if (written != static_cast<ssize_t>(lines.size()) && program_ != 0)
    init_->terminate(program_, std::chrono::milliseconds(0));
}

shell::running_ptr shell::make_job(shell_command command, command_events events) {
  return std::make_shared<running_command>(io_, std::move(command), std::move(events));
}

void shell::run(shell_command command, command_events events) {
  asio::dispatch(strand_, [self = shared_from_this(), job = make_job(std::move(command), std::move(events))] {
    self->begin_run(job);
  });
}

void shell::fork(shell_command command, command_events events) {
  asio::dispatch(strand_, [self = shared_from_this(), job = make_job(std::move(command), std::move(events))] {
    self->begin_fork(job);
  });
}

void shell::begin_run(const running_ptr& job) {
  if (state_ == state::ended)
    return tell_end(job);
  if (state_ != state::at_prompt)
    return refuse(job, "the shell is busy");
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
      directory_->write("command", shell_script::command_text(job->command.text));
    if (!plain) {
      directory_->write(
          "with", shell_script::run_with_script(files_, job->command.environment, job->command.directory));
      directory_->write("restore",
                        shell_script::restore_script(job->command.environment, job->command.directory));
    }
  } catch (const std::system_error& error) {
    return refuse(job, error.what());
  }
  job->number = ++sequence_;
  if (job->command.timeout.count() > 0 && !std::exchange(traps_call_back_, true))
    lines += shell_script::trap_line();
  lines += is_short ? shell_script::inline_lines(files_, job->command.text)
                    : shell_script::source_line(files_, plain ? "run" : "with");
  if (!plain)
    lines += shell_script::keep_status_line() + shell_script::source_line(files_, "restore");
  lines += shell_script::report_line(files_, job->number);
  foreground_ = job;
  state_ = state::running;
  init_->mark(program_);
  job->forget_text();
  go(job, lines);
}

void shell::open_output(const running_ptr& job, const std::string& suffix) {
  job->output = std::make_shared<command_output>(strand_, files_.path("out" + suffix),
                                                 files_.path("err" + suffix), options_.retired);
}

/// The command begins now: its output is read and its time runs.
void shell::begin(const running_ptr& job) {
  const auto limits = options_.limits();
  job->has_begun = true;
  job->begin = std::chrono::steady_clock::now();
  job->memory_kills = out_of_memory_kills(*job);
  job->kill_grace = limits.kill_grace;
  job->output->start(job->command.live, limits.capture, job->events.output);
  if (job->events.started)
    job->events.started(make_control(*job));
  start_timer(job);
}

std::uint64_t shell::out_of_memory_kills(const running_command& job) const {
  return job.group ? job.group->out_of_memory_kills() : init_->out_of_memory_kills();
}

command_control shell::make_control(const running_command& job) const {
  command_control control = job.output->control();
  if (job.program == 0)
    return control;
  control.process = job.process.in_session;
  control.process_on_host = job.process.on_host;
  control.input = job.input;
  control.terminate = [init = init_, program = job.program,
                       grace = job.kill_grace](std::function<void()> gone) {
    asio::post(init->executor(),
               [init, program, grace, gone = std::move(gone)] { init->terminate(program, grace, gone); });
  };
  return control;
}

void shell::go(const running_ptr& job, const std::string& lines) {
  begin(job);
  if (!complaints_.text.empty()) // a prompt, or a trap at it: no output of this command
    while (complaints_.read()) {
    }
  reports_.text.clear();
  reports_.scanned = 0;
  complaints_.text.clear();
  order(lines);
  watch();
}

void shell::start_timer(const running_ptr& job) {
  if (job->command.timeout.count() == 0)
    return;
  job->timer.expires_after(job->command.timeout);
  job->timer.async_wait(asio::bind_executor(
      strand_, [weak = weak_from_this(), watched = std::weak_ptr(job)](const std::error_code& error) {
        const auto self = weak.lock();
        const auto late = watched.lock();
        if (error || !self || !late || late->answered)
          return;
        if (late->program != 0)
          self->init_->terminate(late->program, late->kill_grace);
        else if (self->foreground_ == late)
          self->call_back();
        self->finish(late, ending::timed_out, 124);
        late->output->discard();
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

/// The command came after the end of the shell: its state is lost as by a command that ends it.
void shell::tell_end(const running_ptr& job) const {
  command_result result;
  result.how = exit_code_ ? ending::shell_ended : ending::lost;
  result.exit_code = exit_code_.value_or(0);
  result.out = std::make_shared<captured_output>();
  result.err = std::make_shared<captured_output>();
  job->answered = true;
  job->timer.cancel();
  job->events.finished(std::move(result));
  job->events = {}; // they may hold the observer
}

/// Answers, once everything the streams hold at this moment is delivered.
void shell::finish(const running_ptr& job, ending how, int exit_code, output_tail tail) {
  if (std::exchange(job->answered, true))
    return;
  job->timer.cancel();
  const bool out_of_memory = exit_code != 0 && out_of_memory_kills(*job) > job->memory_kills;
  job->output->finish(std::move(tail), [job, how, exit_code, out_of_memory](captured_pair captured) {
    command_result result;
    result.how = how;
    result.exit_code = exit_code;
    result.out_of_memory = out_of_memory;
    result.duration = milliseconds_since(job->begin);
    result.out = std::move(captured.out);
    result.err = std::move(captured.err);
    job->events.finished(std::move(result));
    job->events = {}; // they may hold the observer
  });
}

bool shell::own_stream::read() {
  if (!pipe.is_open() || text.size() > most_own_output)
    return false;
  char buffer[4096];
  const ssize_t count = ::read(pipe.native_handle(), buffer, sizeof(buffer));
  if (count > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  if (count == 0)
    pipe.close();
  return count > 0 || (count < 0 && errno == EINTR);
}

/// One read for each wait, so that a flood cannot hold the thread.
void shell::wait_for(own_stream& stream) {
  stream.pipe.async_wait(
      asio::posix::stream_descriptor::wait_read,
      asio::bind_executor(strand_, [weak = weak_from_this(), &stream](const std::error_code& error) {
        const auto self = weak.lock();
        if (!self || error || self->state_ == state::ended)
          return;
        stream.read();
        self->take_reports();
        if (stream.text.size() > most_own_output)
          self->put_down();
        else if (stream.pipe.is_open())
          self->wait_for(stream);
      }));
}

/// What is no report stays: it may be what an EXIT trap prints.
void shell::take_reports() {
  auto& text = reports_.text;
  for (std::size_t end = 0; (end = text.find('\n', reports_.scanned)) != std::string::npos;) {
    const auto line = text.substr(reports_.scanned, end - reports_.scanned);
    reports_.scanned = end + 1;
    if (const auto report = shell_script::parse_report(files_, line)) {
      text.erase(0, std::exchange(reports_.scanned, 0));
      handle(*report);
    }
  }
}

/// A report can get lost: a session may redefine `builtin`, or a trap read our orders. A shell that waits for
/// orders twice in a row although it owes a report, or has ended without a word of its init, is put down, so
/// that its command is answered.
void shell::watch() {
  if (std::exchange(watching_, true))
    return;
  watch_timer_.expires_after(watch_interval);
  watch_timer_.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
        const auto self = weak.lock();
        if (!self || error)
          return;
        self->watching_ = false;
        if (self->state_ != state::running && self->state_ != state::forking)
          return;
        const bool gives_no_report =
            waits_for_input(self->process_, self->orders_.get()) || has_ended(self->process_);
        if (gives_no_report && std::exchange(self->silent_, self->sequence_) == self->sequence_)
          self->put_down();
        else
          self->watch();
      }));
}

void shell::handle(const shell_script::report& report) {
  if (report.what == shell_script::report::kind::forked)
    return fork_waits(report.number, report.value);
  if (report.number != sequence_)
    return;
  switch (state_) {
  case state::starting:
    while (complaints_.read()) { // that there is no terminal
    }
    return return_to_prompt();
  case state::forking:
    directory_->remove("fork"); // has been read; its variables may be secrets
    if (report.value != 0)
      give_up_fork(report.number, "the shell could not fork");
    return return_to_prompt();
  case state::running:
    return command_done(report.value);
  case state::calling_back:
    if (!std::exchange(back_at_prompt_, true)) {
      init_->end_interrupt();
    } else if (settled_) {
      call_back_timer_.cancel();
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
  const auto grace = std::exchange(foreground_, nullptr)->kill_grace;
  init_->interrupt(program_, grace, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->settled();
  });
  call_back_timer_.expires_after(grace + patience);
  call_back_timer_.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error && self->state_ == state::calling_back)
          self->put_down();
      }));
}

/// Ends a shell that does not do its part; and its init, if that does not obey either (a session without
/// isolation can stop it).
void shell::put_down() {
  init_->terminate(program_, std::chrono::milliseconds(0));
  put_down_timer_.expires_after(patience);
  put_down_timer_.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error && self->state_ != state::ended)
          self->init_->give_up("the session's init does not end its shell");
      }));
}

/// No signal goes to the shell any more. One that was sent just before may still cost it the line it reads,
/// so it has to answer once more before it gets a command.
void shell::settled() {
  if (state_ != state::calling_back)
    return;
  settled_ = true;
  order("\n" + shell_script::report_line(files_, ++sequence_));
}

void shell::on_exit(std::optional<int> wait_status) {
  while (reports_.read() || complaints_.read()) {
  }
  take_reports(); // that came before its end
  if (state_ == state::ended)
    return;
  state_ = state::ended;
  call_back_timer_.cancel();
  put_down_timer_.cancel();
  watch_timer_.cancel();
  exit_code_ = wait_status ? std::optional(exit_code_of(*wait_status)) : std::nullopt;
  // An EXIT trap runs when the command's redirections are undone.
  if (const auto job = std::exchange(foreground_, nullptr))
    finish(job, wait_status ? ending::shell_ended : ending::lost, exit_code_.value_or(0),
           {std::move(reports_.text), std::move(complaints_.text)});
  for (const auto& [number, job] : std::exchange(forks_, {})) {
    clear_fork(job);
    tell_end(job);
  }
  orders_.reset();
  reports_.pipe.close();
  complaints_.pipe.close();
  if (const auto events = std::exchange(events_, {}); events.ended)
    events.ended(exit_code_, "");
}

void shell::fail_start(int error) {
  state_ = state::ended;
  if (const auto events = std::exchange(events_, {}); events.ended)
    events.ended(std::nullopt, std::strerror(error));
}

} // namespace sandboxd::launcher
