#pragma once

#include <sys/resource.h>
#include <sys/types.h>

namespace sandboxd::launcher {

/// The limit of open descriptors (RLIMIT_NOFILE) that this process was started with, as of the first call.
inline const rlimit& inherited_descriptor_limit() {
  static const rlimit inherited = [] {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    return now;
  }();
  return inherited;
}

/// Allows this process as many descriptors as it may have. Programs must not inherit that: some walk through
/// all possible descriptors, and those that use select(2) rely on the usual 1024.
inline void raise_descriptor_limit() {
  rlimit raised = inherited_descriptor_limit();
  raised.rlim_cur = raised.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &raised);
}

/// Gives a child that has just been spawned the limit this process was started with.
inline void restore_descriptor_limit(pid_t child) {
  ::prlimit(child, RLIMIT_NOFILE, &inherited_descriptor_limit(), nullptr);
}

} // namespace sandboxd::launcher
