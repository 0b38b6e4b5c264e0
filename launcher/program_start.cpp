#include "launcher/program_start.hpp"

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

/// Turns the calling process into the program; returns only with the reason of a failure.
int become(const prepared_program& ready) {
  ::setpgid(0, 0);
  for (int standard = 0; standard <= 2; ++standard)
    ::dup2(ready.streams[static_cast<std::size_t>(standard)], standard);
  ::close_range(3, ~0U, 0);
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

  // vfork(2): the child borrows our memory until execve(2), so that a failure is simply written to `error`.
  volatile int error = 0;
  const pid_t child = ::vfork();
  if (child == 0) {
    error = become(ready);
    ::_exit(127);
  }
  if (child < 0)
    return {0, errno};
  if (error != 0) {
    ::waitpid(child, nullptr, 0);
    return {0, error};
  }
  return {child, 0};
}

} // namespace sandboxd::launcher
