// Process 1 of an executor's PID namespace, for which interpreters/python/sandboxd_executor/isolation.py
// starts it.
//
// It collects orphans as any process 1 must, and ends when process 2, the executor, has ended; its own end is
// the end of all that is left in the namespace (pid_namespaces(7)). A program of its own, without libraries,
// because one runs for every executor: it takes about 100 KiB.

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr pid_t executor = 2;

/// Waits until somebody says, on standard input, that process 2 is there, or nobody can say it any more: a
/// fork server that dies just then has made it or has not.
void wait_for_executor() {
  char told = 0;
  while (::read(STDIN_FILENO, &told, 1) < 0 && errno == EINTR) {
  }
}

void collect_orphans(int child_signals) {
  signalfd_siginfo ignored;
  [[maybe_unused]] const ssize_t count = ::read(child_signals, &ignored, sizeof(ignored));
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

} // namespace

int main() {
  // Stopped by a tracer it would not end with the executor. Executors have no CAP_SYS_PTRACE.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  wait_for_executor();
  // Not ours to wait for: its parent is outside. Gone already counts as ended.
  const int executor_end = static_cast<int>(::syscall(SYS_pidfd_open, executor, 0));
  if (executor_end < 0)
    return errno == ESRCH ? 0 : 1;
  const int child_signals = ::signalfd(-1, &children, SFD_CLOEXEC);
  pollfd watched[] = {{executor_end, POLLIN, 0}, {child_signals, POLLIN, 0}};
  while (::poll(watched, 2, -1) >= 0 || errno == EINTR) {
    if (watched[0].revents != 0)
      return 0;
    if (watched[1].revents != 0)
      collect_orphans(child_signals);
  }
  return 1;
}
