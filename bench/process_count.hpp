#pragma once

#include <cstddef>
#include <sys/types.h>

namespace sandboxd::bench {

/// How many processes there are below a server, and whether it has as many as at rest again: what it ends in
/// the background takes time from what is measured next. For one thread, which it blocks.
class process_count {
public:
  /// Waits until the number stays the same, which it takes for that at rest. 0: there is nothing to wait for.
  explicit process_count(pid_t server);

  /// Waits until there are no more than at rest. False when there still are after ten seconds.
  bool wait_for_rest();

private:
  pid_t server_;
  std::size_t at_rest_ = 0;
};

} // namespace sandboxd::bench
