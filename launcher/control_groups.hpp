#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What /proc tells of control groups (cgroups(7)), as pure functions.
namespace sandboxd::launcher {

/// A mounted hierarchy of control groups.
struct control_group_mount {
  std::string path;
  bool is_version_2 = false;
  /// The group whose directory `path` is; "/" is the root of the hierarchy.
  std::string root = "/";
  /// Separated by commas, in version 1 its controllers among them.
  std::string options;
};

/// Those in the text of a /proc/PID/mountinfo (proc(5)), in its order.
std::vector<control_group_mount> control_group_mounts(std::string_view mountinfo);

/// Whether it is the hierarchy of version 1 of a controller, "memory", say.
bool is_of_controller(const control_group_mount& hierarchy, std::string_view controller);

/// The directory of a process's group in a hierarchy, by the text of its /proc/PID/cgroup: in that of version
/// 2, or in that of version 1 of `controller`. Empty when it is in none, or the mount does not show it.
std::string group_directory(const control_group_mount& hierarchy, std::string_view cgroup_file,
                            std::string_view controller = {});

} // namespace sandboxd::launcher
