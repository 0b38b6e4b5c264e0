#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <caf/actor_clock.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// What the pool knows: which workers are idle, what the others do, and what waits. Knows no actor system but
/// the addresses of its workers.
class file_pool_state {
public:
  static inline const char* name = "file-pool";
  using time = caf::actor_clock::time_point;

  /// A task on its way to a worker.
  struct assignment {
    file_worker_actor worker;
    blocking_task task;
  };

  void configure(services_ptr context) { context_ = std::move(context); }

  /// Queues a task, or gives it up (`too_busy`) when `files.max-queued` wait.
  void add(blocking_task task, time now);
  /// The worker has nothing to do (any more). True when it has not been known before.
  bool worker_idle(const file_worker_actor& worker);
  /// The worker is gone, and what it did with it.
  void worker_gone(const caf::actor_addr& worker);
  /// The next task for an idle worker, while there are both.
  [[nodiscard]] std::optional<assignment> next(time now);

  /// Gives up (`resource_busy`) what waits or runs for longer than `files.operation-timeout`; a worker that
  /// hangs in the kernel stays lost until it returns.
  void give_up_overdue(time now);

  [[nodiscard]] bool busy() const noexcept { return !waiting_.empty() || !running_.empty(); }
  /// In words, for the directory.
  [[nodiscard]] std::string describe() const;

private:
  struct queued {
    blocking_task task;
    time since;
  };
  struct running {
    std::function<void(failure)> give_up;
    time since;
  };

  services_ptr context_;
  std::deque<queued> waiting_;
  std::vector<file_worker_actor> idle_;
  std::map<caf::actor_addr, running> running_;
};

/// Hands tasks that may block to its siblings, the workers (`worker-1`, ...), one to each at a time, in order
/// of arrival.
file_pool_actor::behavior_type
file_pool_behavior(supervision::typed_stateful_pointer<file_pool_state, file_pool_actor> self,
                   services_ptr context);

} // namespace sandboxd::actors
