#include "launcher/program_start.hpp"

#include "launcher/confinement.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/unix_message.hpp"
#include "launcher/user_namespace.hpp"

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
  std::span<const int> descriptors;
  const confinement* limits; // null: it is not confined
  bool keeps_capabilities;   // an ordinary user's, which isolates others
  int rules;                 // of writing; -1: none

  /// Where the child has the pipe on which it reports a failure; execve(2) closes it.
  [[nodiscard]] int failure_pipe() const { return static_cast<int>(descriptors.size()); }

  /// Where it has the rules, likewise.
  [[nodiscard]] int placed_rules() const { return rules < 0 ? -1 : failure_pipe() + 1; }
};

/// Gives the descriptors their numbers. None of them may have one of these already, or it would be lost
/// before its turn: so all are moved out of the way first.
int place_descriptors(const prepared_program& ready, int failures) {
  const int count = ready.failure_pipe();
  const int first_free = count + (ready.rules < 0 ? 1 : 2);
  std::array<int, max_passed_descriptors> away{};
  for (int number = 0; number < count; ++number)
    away[static_cast<std::size_t>(number)] =
        ::fcntl(ready.descriptors[static_cast<std::size_t>(number)], F_DUPFD, first_free);
  const int failures_away = ::fcntl(failures, F_DUPFD, first_free);
  const int rules_away = ready.rules < 0 ? -1 : ::fcntl(ready.rules, F_DUPFD, first_free);
  for (int number = 0; number < count; ++number)
    if (::dup2(away[static_cast<std::size_t>(number)], number) < 0)
      return errno;
  if (::dup3(failures_away, count, O_CLOEXEC) < 0)
    return errno;
  if (ready.rules >= 0 && ::dup3(rules_away, ready.placed_rules(), O_CLOEXEC) < 0)
    return errno;
  ::close_range(static_cast<unsigned>(first_free), ~0U, 0);
  return 0;
}

/// When the machine has no memory left, workloads end before all else, the daemon and their inits too. Set by
/// who has CAP_SYS_RESOURCE, it is not lowered by who has not (proc(5)).
void go_first_out_of_memory() {
  constexpr std::string_view half_of_the_scale = "500";
  const descriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const auto written =
      ::write(file.get(), half_of_the_scale.data(), half_of_the_scale.size());
}

/// Turns the calling process into the program; returns only with the reason of a failure.
int become(const prepared_program& ready, int failures) {
  ::setpgid(0, 0);
  if (const int misplaced = place_descriptors(ready, failures); misplaced != 0)
    return misplaced;
  if (const int unmarked = set_lineage(0, ready.number); unmarked != 0)
    return unmarked;
  if (!enter_directory(ready.directory, ready.must_enter, ready.home))
    return cannot_enter;
  reset_signals();
  if (ready.limits != nullptr) {
    go_first_out_of_memory();
    if (const int unconfined = confine(*ready.limits, ready.placed_rules()); unconfined != 0)
      return unconfined;
  }
  if (ready.keeps_capabilities)
    pass_capabilities_on();
  ::execve(ready.arguments[0], ready.arguments.data(), ready.environment.data());
  return errno;
}

} // namespace

start_result start_program(const program& what, lineage number, std::span<const int> descriptors,
                           const confinement* limits, int rules) {
  if (what.argv.empty() || descriptors.size() < 3 || descriptors.size() > max_passed_descriptors)
    return {0, EINVAL};
  const prepared_program ready{pointers(what.argv),
                               pointers(what.environment),
                               what.directory.c_str(),
                               what.must_enter,
                               home_of(what),
                               number,
                               descriptors,
                               what.is_trusted ? nullptr : limits,
                               what.is_trusted && ::geteuid() != 0,
                               what.is_trusted ? -1 : rules};

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
    [[maybe_unused]] const ssize_t told = ::write(ready.failure_pipe(), &error, sizeof(error));
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
