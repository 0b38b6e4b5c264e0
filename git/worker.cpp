#include "git/clone_exchange.hpp"
#include "git/clone_fault.hpp"
#include "git/clone_url.hpp"
#include "git/library_clone.hpp"
#include "git/library_error.hpp"
#include "git/program_clone.hpp"
#include "git/program_output.hpp"
#include "git/target_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <variant>

/// The helper of one clone: takes its order from the environment, clones in a child of its own, writes
/// progress and one result to standard output.
///
/// SIGTERM and the like end the clone without a result. Whether it fails, is ended, or its child crashes:
/// what it has made is removed before this is told.
namespace sandboxd::git {

namespace {

constexpr std::string_view no_shallow_clone =
    "This sandbox has no git program, which a shallow clone needs: the whole history was cloned.";

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR)
      return; // nobody reads any more
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

void tell(const worker_message& message) {
  write_all(STDOUT_FILENO, to_line(message));
}

/// Takes the order out of the environment, so that /proc does not show it and no child inherits it.
std::optional<clone_order> take_order() {
  char* const text = std::getenv(order_variable); // NOLINT(concurrency-mt-unsafe): one thread
  if (text == nullptr)
    return std::nullopt;
  auto order = parse_order(text);
  ::explicit_bzero(text, std::strlen(text));
  ::unsetenv(order_variable); // NOLINT(concurrency-mt-unsafe): one thread
  return order;
}

/// Why there is nothing to begin with.
std::optional<clone_result> refusal(const clone_order& order) {
  if (const auto scheme = scheme_of(order.url); !is_allowed(scheme, order.schemes))
    return fatal_result(fmt::format("fatal: transport '{}' not allowed\n", scheme), "scheme_not_allowed");
  if (order.depth && *order.depth < 1)
    return fatal_result(fmt::format("fatal: depth {} is not a positive number\n", *order.depth), "depth");
  return std::nullopt;
}

/// Watches over the child that clones.
class clone_watcher {
public:
  clone_watcher(const clone_order& order, sigset_t wanted, sigset_t before)
      : order_(order), before_(before), signals_(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)),
        git_(needs_program(order) ? find_program("git") : std::string()) {}
  clone_watcher(const clone_watcher&) = delete;
  clone_watcher& operator=(const clone_watcher&) = delete;
  ~clone_watcher() {
    ::close(signals_);
    ::close(reader_);
  }

  /// Nothing when the clone was called off.
  std::optional<clone_result> run() {
    if (!start_child())
      return fatal_result(fmt::format("fatal: cannot start: {}\n", std::strerror(errno)), "other");
    follow_child();
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR)
      continue;
    if (called_off_)
      return std::nullopt;
    return result_of(status);
  }

private:
  bool start_child() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return false;
    reader_ = ends[0];
    child_ = ::fork();
    if (child_ == 0)
      ::_exit(be_child(ends[1]));
    ::setpgid(child_, child_); // whoever comes first
    ::close(ends[1]);
    return child_ > 0;
  }

  int be_child(int writer) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (!git_.empty()) {
      const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      ::dup2(null, STDIN_FILENO);
      ::dup2(null, STDOUT_FILENO);
      ::dup2(writer, STDERR_FILENO);
      become_program(git_, clone_call(order_));
      write_all(STDERR_FILENO, fmt::format("fatal: cannot run git: {}\n", std::strerror(errno)));
      return fatal_exit_code;
    }
    write_all(writer, to_line(clone_by_library(order_, [&](const clone_progress& progress) {
                write_all(writer, to_line(progress));
              })));
    return 0;
  }

  /// Until the child has closed its end.
  void follow_child() {
    std::array<pollfd, 2> ready{pollfd{signals_, POLLIN, 0}, pollfd{reader_, POLLIN, 0}};
    for (;;) {
      if (::poll(ready.data(), ready.size(), -1) < 0)
        continue;
      if (ready[0].revents != 0)
        call_off();
      if (ready[1].revents != 0 && !read_some())
        return;
    }
  }

  /// With the programs that git has started. What they leave is cleaned up here.
  void call_off() {
    signalfd_siginfo ignored{};
    while (::read(signals_, &ignored, sizeof(ignored)) > 0)
      continue;
    called_off_ = true;
    ::kill(-child_, SIGKILL);
  }

  bool read_some() {
    std::array<char, 4096> buffer{};
    const auto count = ::read(reader_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      return true;
    if (count <= 0)
      return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (!git_.empty()) {
      const auto found = output_.feed(bytes);
      if (!found.empty())
        tell(found.back());
      return true;
    }
    for (const auto& line : lines_.feed(bytes)) {
      auto message = parse_line(line);
      if (message && std::holds_alternative<clone_progress>(*message))
        tell(*message);
      else if (message)
        result_ = std::get<clone_result>(std::move(*message));
    }
    return true;
  }

  clone_result result_of(int status) {
    if (git_.empty() && result_) {
      if (order_.depth && result_->exit_code == 0)
        result_->notice = no_shallow_clone;
      return std::move(*result_);
    }
    if (git_.empty() || !WIFEXITED(status))
      return fatal_result("fatal: the clone ended unexpectedly\n", "crashed");
    clone_result result;
    result.exit_code = WEXITSTATUS(status);
    result.standard_error = redact(output_.messages(), order_.url);
    if (result.exit_code != 0) {
      result.cause = "git";
    } else {
      restore_url(order_);
      result.branch = current_branch(order_.directory);
    }
    return result;
  }

  const clone_order& order_;
  const sigset_t before_;
  const int signals_;
  const std::string git_; ///< path of git(1) where it is to clone; else libgit2 does
  pid_t child_ = -1;
  int reader_ = -1;
  bool called_off_ = false;
  line_splitter lines_;
  program_output output_;
  std::optional<clone_result> result_;
};

/// Returns the exit status of the process.
int run() {
  sigset_t wanted;
  sigset_t before;
  ::sigemptyset(&wanted);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT})
    ::sigaddset(&wanted, signal);
  ::sigprocmask(SIG_BLOCK, &wanted, &before);
  ::signal(SIGPIPE, SIG_IGN);

  const auto order = take_order();
  if (!order)
    return 2;
  if (const auto refused = refusal(*order)) {
    tell(*refused);
    return 0;
  }
  const target_directory target(order->directory);
  if (const auto obstacle = target.obstacle()) {
    tell(*obstacle);
    return 0;
  }
  const auto result = clone_watcher(*order, wanted, before).run();
  if (!result || result->exit_code != 0)
    target.clean_up();
  if (!result)
    return 128 + SIGTERM;
  tell(*result);
  return 0;
}

} // namespace

} // namespace sandboxd::git

int main() {
  try {
    return sandboxd::git::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "sandboxd-git-worker: {}\n", error.what());
    return 1;
  }
}
