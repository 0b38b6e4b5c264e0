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
};

/// Those in the text of a /proc/PID/mountinfo (proc(5)), in its order.
std::vector<control_group_mount> control_group_mounts(std::string_view mountinfo);

/// The group of version 2 in the text of a /proc/PID/cgroup, "/" the root of the hierarchy; empty when there
/// is none.
std::string unified_group(std::string_view cgroup_file);

} // namespace sandboxd::launcher
