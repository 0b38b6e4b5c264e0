#pragma once

#include "actors/errors.hpp"

#include <functional>

namespace sandboxd::actors {

/// Work that may block the thread it runs on, for a worker of a pool. Whoever waits for it gets exactly one
/// answer, from `work` or `give_up`, whichever comes first; when both are destroyed untold, by what they hold
/// (a `reply`).
struct blocking_task {
  /// Does it and tells the outcome. Runs on a worker's own thread; throws nothing.
  std::function<void()> work;
  /// Tells that it does not run, or takes too long. Any thread, also while `work` runs.
  std::function<void(failure)> give_up;
};

} // namespace sandboxd::actors
