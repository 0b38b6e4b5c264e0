#include "daemon/orphan_reaper.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <utility>

namespace sandboxd::daemon {

orphan_reaper::orphan_reaper(const asio::any_io_executor& executor, std::function<void(pid_t, int)> reaped)
    : child_signal_(executor, SIGCHLD), reaped_(std::move(reaped)) {
  wait();
}

void orphan_reaper::become_subreaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void orphan_reaper::wait() {
  child_signal_.async_wait([this](const std::error_code& error, int) {
    if (error)
      return;
    reap();
    wait();
  });
}

/// One signal may stand for several children.
void orphan_reaper::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
    reaped_(pid, status);
}

} // namespace sandboxd::daemon
