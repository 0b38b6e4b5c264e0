#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_limits.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Directories of control groups (cgroups(7)). What returns an int returns an errno, 0 when it went well.
/// Nothing here waits for a disk; any thread.
namespace sandboxd::launcher {

/// The directory of a group in which others are made, in one hierarchy.
struct group_parent {
  descriptor directory;
  bool is_version_2 = false;
  /// What can be limited there: of "memory", "pids" and "cpu".
  std::vector<std::string> controllers;

  [[nodiscard]] bool has(std::string_view controller) const;
};

/// The same once more. Throws std::system_error when no descriptor is left.
group_parent duplicate(const group_parent& one);

/// How many processes of a group the kernel has killed since there was no memory for them, by its file of
/// events (`memory_events_file`); 0 when that is none.
std::uint64_t read_out_of_memory_kills(const descriptor& memory_events);

/// Makes a group and opens its directory. EEXIST when there is one of that name.
int make_group(int parent, const std::string& name, descriptor& made);

/// The directory of a group; none when there is none, or no descriptor left.
descriptor open_group(int parent, const std::string& name);

/// Writes one of a group's files. ENOENT when the kernel has none.
int write_group_file(int directory, std::string_view name, std::string_view text);

/// Sets those of the limits for which the hierarchy has controllers.
int limit_group(int directory, const group_parent& hierarchy, const group_limits& limits);

/// Kills whoever is in a group of version 2 or below (cgroup.kill, Linux 5.14).
void kill_group(int directory);

/// Removes a group and those below it. EBUSY as long as somebody is in one of them.
int remove_group(int parent, const std::string& name);

/// The names of the groups in a group.
std::vector<std::string> groups_in(int directory);

} // namespace sandboxd::launcher
