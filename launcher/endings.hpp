#pragma once

#include "launcher/process_tree.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

/// Processes on their way out: SIGTERM once each, SIGKILL from a deadline on.
class ending {
public:
  using clock = std::chrono::steady_clock;

  explicit ending(clock::time_point deadline) : deadline_(deadline) {}

  /// One step: signals those of them that are left.
  void pursue(const std::vector<process_entry>& left, clock::time_point now);

private:
  clock::time_point deadline_;
  std::set<std::pair<pid_t, std::uint64_t>> asked_; // pid, start time: numbers are used again
};

} // namespace sandboxd::launcher
