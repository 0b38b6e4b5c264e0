#include "launcher/program_start.hpp"

#include "launcher/descriptor.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& items) {
  std::vector<char*> result;
  result.reserve(items.size() + 1);
  for (const auto& item : items)
    result.push_back(const_cast<char*>(item.c_str()));
  result.push_back(nullptr);
  return result;
}

const char* home_of(const program& what) {
  for (const auto& item : what.environment)
    if (std::string_view(item).starts_with("HOME="))
      return item.c_str() + 5;
  return "/";
}

/// False when there is no way.
bool enter_directory(const char* directory, bool must_enter, const char* home) {
  return ::chdir(directory) == 0 || (!must_enter && (::chdir(home) == 0 || ::chdir("/") == 0));
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Everything execve(2) and what comes before it need, made ready before the child exists.
struct prepared_program {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  bool must_enter;
  const char* home;
  lineage number;
  std::array<int, 3> streams;
};

/// Where the child finds the pipe on which it reports a failure; execve(2) closes it.
constexpr int failure_pipe = 3;

/// Turns the calling process into the program; returns only with the reason of a failure.
int become(const prepared_program& ready, int failures) {
  ::setpgid(0, 0);
  for (int standard = 0; standard <= 2; ++standard)
    ::dup2(ready.streams[static_cast<std::size_t>(standard)], standard);
  if (failures == failure_pipe ? ::fcntl(failures, F_SETFD, FD_CLOEXEC) != 0
                               : ::dup3(failures, failure_pipe, O_CLOEXEC) < 0)
    return errno;
  ::close_range(failure_pipe + 1, ~0U, 0);
  if (const int unmarked = set_lineage(0, ready.number); unmarked != 0)
    return unmarked;
  if (!enter_directory(ready.directory, ready.must_enter, ready.home))
    return cannot_enter;
  reset_signals();
  ::execve(ready.arguments[0], ready.arguments.data(), ready.environment.data());
  return errno;
}

} // namespace

start_result start_program(const program& what, lineage number, int standard_input, int standard_output,
                           int standard_error) {
  if (what.argv.empty())
    return {0, EINVAL};
  const prepared_program ready{pointers(what.argv),
                               pointers(what.environment),
                               what.directory.c_str(),
                               what.must_enter,
                               home_of(what),
                               number,
                               {standard_input, standard_output, standard_error}};

  // vfork(2) copies nothing. Under ThreadSanitizer it is a fork(2), so nothing here relies on shared memory.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return {0, errno};
  const descriptor failures(ends[0]);
  descriptor to_parent(ends[1]);
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): posix_spawn(3) cannot do what `become` does
  const pid_t child = ::vfork();
  if (child == 0) {
    const int error = become(ready, to_parent.get());
    [[maybe_unused]] const ssize_t told = ::write(failure_pipe, &error, sizeof(error));
    ::_exit(127);
  }
  if (child < 0)
    return {0, errno};
  to_parent.reset();
  int error = 0;
  ssize_t count = 0;
  do
    count = ::read(failures.get(), &error, sizeof(error));
  while (count < 0 && errno == EINTR);
  if (count == sizeof(error)) {
    ::waitpid(child, nullptr, 0);
    return {0, error};
  }
  return {child, 0};
}

} // namespace sandboxd::launcher
