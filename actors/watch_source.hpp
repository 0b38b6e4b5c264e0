#pragma once

#include "actors/reply.hpp"
#include "files/directory_watch.hpp"
#include "files/watch_options.hpp"

#include <functional>
#include <memory>

namespace sandboxd::actors {

/// What a watch actor hears the file system with.
class watch_source {
public:
  virtual ~watch_source() = default;

  /// One turn, the first of which opens what is to be watched; blocks, so for a worker of the pool. One at a
  /// time. A failure is the last: `file_not_found`, `permission_denied`, or `watch_start_failed` with the
  /// reason as message.
  [[nodiscard]] virtual result_of<files::watch_turn> turn() = 0;

  /// Calls once, on any thread, when there is something for a turn. Between two turns.
  virtual void await(std::function<void()> readable) = 0;
};

using watch_source_factory = std::function<std::shared_ptr<watch_source>(const files::watch_options& wanted)>;

} // namespace sandboxd::actors
