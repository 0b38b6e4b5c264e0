#pragma once

#include "bench/connection.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>

namespace sandboxd::bench {

/// A server under measurement. All are driven with the same bodies, those of dialect A.
struct target {
  std::string name;
  endpoint server;
  /// Whether it is the reference, which has no `/api/session/delete` (`exit` ends a session) nor
  /// `/api/exists`.
  bool reference = false;
  /// Its process, to wait for what it still ends before the next is timed; 0: nothing is waited for.
  pid_t process = 0;
};

/// How long and in what portions to measure.
struct row_plan {
  std::chrono::milliseconds duration; ///< for each target, summed over the slices
  int slices = 10;                    ///< each slice measures every target once, in alternating order
  std::chrono::milliseconds patience; ///< longest wait for one answer
  std::string directory;              ///< existing directory that sessions start in
};

} // namespace sandboxd::bench
