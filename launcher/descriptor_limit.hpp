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

/// Returns this process to the limit it was started with while it lives: what is spawned meanwhile starts
/// with that limit. To be used while few descriptors are open, because no thread can open one beyond the
/// limit.
class usual_descriptor_limit {
public:
  usual_descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &inherited_descriptor_limit()); }
  ~usual_descriptor_limit() { raise_descriptor_limit(); }
  usual_descriptor_limit(const usual_descriptor_limit&) = delete;
  usual_descriptor_limit& operator=(const usual_descriptor_limit&) = delete;
};

/// Gives a child that has just been spawned, and has started no program yet, the limit this process was
/// started with.
inline void restore_descriptor_limit(pid_t child) {
  ::prlimit(child, RLIMIT_NOFILE, &inherited_descriptor_limit(), nullptr);
}

} // namespace sandboxd::launcher
