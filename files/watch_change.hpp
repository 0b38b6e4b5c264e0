#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sandboxd::files {

/// What can happen to a file or directory (HTTP.md 10.1).
enum class change_type : std::uint8_t { create, modify, remove, move_from, move_to, attribute };

/// One thing that happened below a watched path.
struct watch_change {
  change_type type = change_type::create;
  /// Absolute, below the watched path as its client wrote it.
  std::string path;
  bool is_directory = false;
  /// When it was noticed.
  std::chrono::system_clock::time_point time;
};

/// Why a watch is over.
struct watch_end {
  /// Whether changes may have been missed; else there is nothing left to watch.
  bool is_error = false;
  std::string reason;
};

/// The kernel has dropped events, or there were more at once than can be told.
inline watch_end queue_overflow() {
  return {true, "event queue overflow"};
}

} // namespace sandboxd::files
