#pragma once

#include "launcher/control_groups.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// The control groups that this process is in (cgroups(7)), as the kernel's file systems show them.
namespace sandboxd::launcher {

/// One hierarchy, and the group in it.
struct group_hierarchy {
  control_group_mount mount;
  std::filesystem::path group; ///< its directory
  /// Of "memory", "pids" and "cpu" what the hierarchy could limit.
  std::vector<std::string> controllers;
};

/// That of version 2, and then those of version 1 that have controllers which version 2 has not. Throws
/// std::system_error where there is none of version 2.
std::vector<group_hierarchy> find_hierarchies();

/// The memory that this process's group may have, in bytes: at most that of the machine, and of the groups it
/// is below.
std::uint64_t memory_of(const group_hierarchy& hierarchy);

/// The processes and threads that it may have, likewise.
std::uint64_t processes_of(const group_hierarchy& hierarchy);

/// A controller that cannot be used, and why.
struct controller_problem {
  std::string controller;
  int error = 0;
};

/// Lets groups in this process's group, of version 2, use the hierarchy's controllers. The kernel allows that
/// only when no process is in it itself: this one moves into a group of its own for that. EBUSY when others
/// are in it, too.
std::vector<controller_problem> pass_controllers_on(const group_hierarchy& unified);

/// The same for a group in which nobody is.
std::vector<controller_problem> pass_on(const std::filesystem::path& group,
                                        const std::vector<std::string>& controllers);

/// Asks the kernel to make moves between groups fast (favordynmods, Linux 6.0): 6 ms become 0.1 ms. Takes
/// effect on the whole machine, where starts of threads get slower by a little. Returns an errno; EPERM also
/// where the kernel takes it from nobody in this namespace of control groups.
int favor_moves(const group_hierarchy& unified);

/// The path of a group of version 2 by its number. Empty when there is none any more, with ESTALE in `error`,
/// and when it cannot be told. Takes CAP_DAC_READ_SEARCH.
std::filesystem::path path_of_group(const control_group_mount& unified, std::uint64_t id, int& error);

/// Of the groups that daemons move into; they cannot remove their own.
inline constexpr const char* daemon_group_prefix = "sandboxd-daemon-";

} // namespace sandboxd::launcher
