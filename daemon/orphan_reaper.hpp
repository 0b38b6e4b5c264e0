#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/signal_set.hpp>

#include <functional>
#include <sys/types.h>

namespace sandboxd::daemon {

/// Reaps every child of the daemon: the spawner, inits a dead spawner leaves, the supervised command and, as
/// PID 1 of a container or as subreaper, all orphans. Nobody else in the daemon may wait for a child.
class orphan_reaper {
public:
  /// `reaped(pid, wait status)` runs on the executor for every one.
  orphan_reaper(const asio::any_io_executor& executor, std::function<void(pid_t, int)> reaped);

  /// Makes orphans below this process its children (PR_SET_CHILD_SUBREAPER, prctl(2)).
  static void become_subreaper();

private:
  void wait();
  void reap();

  asio::signal_set child_signal_;
  std::function<void(pid_t, int)> reaped_;
};

} // namespace sandboxd::daemon
