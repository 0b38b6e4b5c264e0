#pragma once

#include "launcher/confinement.hpp"
#include "launcher/lineage.hpp"
#include "launcher/program.hpp"

#include <span>
#include <sys/types.h>

namespace sandboxd::launcher {

/// A process that was started, or the errno that prevented it (or `cannot_enter`).
struct start_result {
  pid_t pid = 0;
  int error = 0;
};

/// Starts a program with the given descriptors as its 0, 1, 2 (which must be there) and so on, no other,
/// default signal dispositions, an empty signal mask, and a process group of its own (in the caller's POSIX
/// session, so that the caller may move orphans of it into groups of their own), and marks it with `number`.
/// With `limits` it is confined (`confine`), unless it is trusted; to `rules` of writing, too, unless they
/// are -1. Returns after its execve(2) succeeded or failed, so that `error` tells a missing executable. Must
/// be called in a process without other threads.
start_result start_program(const program& what, lineage number, std::span<const int> descriptors,
                           const confinement* limits, int rules);

} // namespace sandboxd::launcher
