#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Limits as the files of control groups take them (cgroups(7)), as pure functions.
namespace sandboxd::launcher {

/// What the processes of a control group may use together; 0: no limit.
struct group_limits {
  std::uint64_t memory_bytes = 0; ///< swap included, where the kernel counts it
  std::uint64_t processes = 0;    ///< threads, too
  std::uint64_t cpu_percent = 0;  ///< 100: one processor
  /// Its share of processors that others want, too: 1 to 10000, theirs is 100 by default; 0: the same.
  std::uint64_t cpu_weight = 0;

  friend bool operator==(const group_limits&, const group_limits&) = default;
};

/// A file of a group's directory and what is to be written.
struct group_file {
  std::string_view controller;
  std::string_view name;
  std::string text;
  /// Whether the kernel may have no such file although it has the controller: it does not count swap, say.
  bool is_optional = false;

  friend bool operator==(const group_file&, const group_file&) = default;
};

/// What sets the limits of a group that has none yet, in the order in which it must be written.
std::vector<group_file> files_of(const group_limits& limits, bool is_version_2);

/// How many processes of a group the kernel has killed since there was no memory for them, by the text of its
/// memory.events (version 2) or memory.oom_control (version 1).
std::uint64_t out_of_memory_kills(std::string_view text);

/// The name of that file.
std::string_view memory_events_file(bool is_version_2);

} // namespace sandboxd::launcher
