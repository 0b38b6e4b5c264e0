#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace sandboxd::launcher {

/// A number a process passes on to all it starts, whatever becomes of parents, groups, sessions and
/// descriptors on the way: the soft RLIMIT_LOCKS, which Linux inherits and otherwise ignores (getrlimit(2):
/// since 2.4.25). It tells what belongs to which command, and to which session, when the tree of processes no
/// longer does. A process loses it only by setting that very limit (`ulimit -x`).
///
/// The upper half is the session's, the same for all its numbers, the lower half counts within it.
using lineage = std::uint64_t;

/// A session's first number; drawn at random, so that two daemons on one machine do not meet.
lineage new_session_lineage();

[[nodiscard]] constexpr bool same_session(lineage one, lineage other) {
  return one >> 32 == other >> 32;
}

/// Marks a process (0: the calling one) and what it starts from now on. Returns 0 or an errno.
int set_lineage(pid_t pid, lineage number);

/// The same for exactly the process that `handle` (a pidfd) is of and that had the number `pid`. Who has got
/// that since is left, or given back, what it had; ESRCH then.
int set_lineage(pid_t pid, int handle, lineage number);

/// The number of a process, a zombie too; nothing when it is gone or has none.
std::optional<lineage> lineage_of(pid_t pid);

} // namespace sandboxd::launcher
