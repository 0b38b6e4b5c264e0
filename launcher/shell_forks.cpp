#include "launcher/exit_code.hpp"
#include "launcher/shell.hpp"
#include "launcher/shell_job.hpp"

#include <asio/bind_executor.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

/// The part of `shell` that runs commands in forks of it:
///
///     ordered -> waits on its FIFO -> adopted by the init, runs -> ended
namespace sandboxd::launcher {

using ending = command_result::ending;

void shell::begin_fork(const running_ptr& job) {
  if (state_ == state::ended)
    return tell_end(job);
  if (state_ != state::at_prompt)
    return refuse(job, "the shell is busy");
  job->number = ++sequence_;
  const std::string suffix = fmt::format("-{}", job->number);
  const std::string go_path = files_.path("go" + suffix);
  try {
    replace_missing_files();
    open_output(job, suffix);
    if (job->command.in_own_group && options_.groups)
      job->group = options_.groups->lend();
    directory_->write("command" + suffix, shell_script::command_text(job->command.text));
    directory_->write("fork", shell_script::fork_script(files_, job->number, job->command.environment,
                                                        job->command.directory, job->command.with_input));
    if (::mkfifo(go_path.c_str(), 0600) != 0)
      throw std::system_error(errno, std::generic_category(), "mkfifo");
    job->go.reset(::open(go_path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!job->go)
      throw std::system_error(errno, std::generic_category(), "open FIFO");
  } catch (const std::system_error& error) {
    clear_fork(job);
    return refuse(job, error.what());
  }
  forks_.emplace(job->number, job);
  state_ = state::forking;
  job->forget_text();
  expect_fork(job);
  init_->mark(program_);
  order(shell_script::eval_line(files_, "fork") + shell_script::report_line(files_, job->number));
  watch();
}

/// A fork may be killed, or fail, before it can say that it is there.
void shell::expect_fork(const running_ptr& job) {
  const auto limit = job->command.timeout;
  job->timer.expires_after(limit.count() > 0 ? std::min(limit, options_.start_timeout)
                                             : options_.start_timeout);
  job->timer.async_wait(asio::bind_executor(
      strand_, [weak = weak_from_this(), number = job->number](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error)
          self->give_up_fork(number, "the fork did not start in time");
      }));
}

void shell::give_up_fork(std::uint64_t number, const std::string& problem) {
  const auto found = forks_.find(number);
  if (found == forks_.end())
    return;
  const auto job = found->second;
  forks_.erase(found);
  clear_fork(job);
  reject(job, problem);
}

/// A fork that comes late finds nothing to wait for, and ends.
void shell::clear_fork(const running_ptr& job) {
  directory_->remove(fmt::format("go-{}", job->number));
  directory_->remove(fmt::format("command-{}", job->number));
  job->go.reset();
}

/// The fork exists and waits for its line: it becomes a program of the init first, which then knows its end.
void shell::fork_waits(std::uint64_t number, pid_t pid) {
  const auto found = forks_.find(number);
  if (found == forks_.end())
    return;
  const auto job = found->second;
  forks_.erase(found);
  job->timer.cancel();
  program_events events;
  events.started = [self = shared_from_this(), job](process_ids ids, int error) {
    if (error != 0) { // somebody killed it
      self->clear_fork(job);
      return reject(job, std::strerror(error));
    }
    job->process = ids;
    if (!self->open_input(job)) {
      const auto problem = errno;
      self->clear_fork(job); // so that it ends
      return reject(job, std::strerror(problem));
    }
    self->begin(job);
    [[maybe_unused]] const ssize_t written = ::write(job->go.get(), "\n", 1);
    if (job->input)
      job->go.reset(); // which can read, too: the writers would never hear that the process does not
  };
  // Forks outlive the shell, so they keep this object (and its directory) alive.
  events.ended = [self = shared_from_this(), job](std::optional<int> status) {
    self->fork_ended(job, status);
  };
  job->program = init_->adopt(pid, std::move(events), job->group);
}

/// The fork has the FIFO open already. False, with errno, when no descriptor is left.
bool shell::open_input(const running_ptr& job) const {
  if (!job->command.with_input)
    return true;
  const auto fifo = fmt::format("/proc/self/fd/{}", job->go.get());
  descriptor writer(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!writer)
    return false;
  job->input =
      std::make_shared<process_input>(strand_, std::move(writer), options_.limits().input_waiting_bytes);
  return true;
}

void shell::fork_ended(const running_ptr& job, std::optional<int> status) {
  clear_fork(job);
  if (job->input)
    job->input->end();
  if (job->answered)
    return;
  if (!job->has_begun) // lost with its init before it was let go
    return tell_end(job);
  finish(job, status ? ending::exited : ending::lost, status ? exit_code_of(*status) : 0);
}

} // namespace sandboxd::launcher
