#include "launcher/group_hierarchies.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using std::filesystem::path;

constexpr std::array<std::string_view, 3> useful_controllers{"memory", "pids", "cpu"};

std::string text_of(const path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> words_in(const path& file) {
  std::ifstream stream(file);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// The largest there is when the file holds "max", or is not there.
std::uint64_t number_in(const path& file) {
  const auto text = text_of(file);
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
}

bool is_among(const std::vector<std::string>& words, std::string_view wanted) {
  return std::ranges::find(words, wanted) != words.end();
}

group_hierarchy find_unified(const std::vector<control_group_mount>& mounts, std::string_view own_groups) {
  // What was mounted last covers what was there before.
  const auto found = std::find_if(mounts.rbegin(), mounts.rend(), [&](const auto& one) {
    return one.is_version_2 && !group_directory(one, own_groups).empty();
  });
  if (found == mounts.rend())
    throw std::system_error(ENOENT, std::generic_category(), "no control groups of version 2");
  const auto group = group_directory(*found, own_groups);
  group_hierarchy unified{*found, group, {}};
  const auto offered = words_in(unified.group / "cgroup.controllers");
  for (const auto controller : useful_controllers)
    if (is_among(offered, controller))
      unified.controllers.emplace_back(controller);
  return unified;
}

/// Several controllers may be in one hierarchy of version 1.
void add_first_version(std::vector<group_hierarchy>& found, const std::vector<control_group_mount>& mounts,
                       std::string_view own_groups, std::string_view controller) {
  const auto mount = std::find_if(mounts.rbegin(), mounts.rend(),
                                  [&](const auto& one) { return is_of_controller(one, controller); });
  const auto group = mount == mounts.rend() ? "" : group_directory(*mount, own_groups, controller);
  if (group.empty())
    return;
  auto known = std::ranges::find(found, path(group), &group_hierarchy::group);
  if (known == found.end())
    known = found.insert(found.end(), {*mount, group, {}});
  known->controllers.emplace_back(controller);
}

int move_into_own_group(const path& group) {
  const path own = group / (daemon_group_prefix + std::to_string(::getpid()));
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST)
    return errno;
  const descriptor directory(::open(own.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return write_group_file(directory.get(), "cgroup.procs", "0");
}

/// Out of a group that passes controllers on, where no process may be, but in that of the whole machine,
/// which has no type (cgroups(7)). Not after some are passed on: then the kernel has made it a group of
/// threads.
int make_room(const path& group) {
  if (!std::filesystem::exists(group / "cgroup.type") || words_in(group / "cgroup.procs").empty())
    return 0;
  return words_in(group / "cgroup.procs") == std::vector{std::to_string(::getpid())}
             ? move_into_own_group(group)
             : EBUSY;
}

/// The least in a file of the group and of those it is below.
std::uint64_t least_in(const group_hierarchy& hierarchy, const char* file) {
  auto least = number_in(hierarchy.group / file);
  for (auto group = hierarchy.group; group != hierarchy.mount.path && group.has_relative_path();) {
    group = group.parent_path();
    least = std::min(least, number_in(group / file));
  }
  return least;
}

bool are_moves_favored() {
  return find_unified(control_group_mounts(text_of("/proc/self/mountinfo")), text_of("/proc/self/cgroup"))
             .mount.options.find("favordynmods") != std::string::npos;
}

/// All that are set must be set again.
int set_flags(int file_system, std::string_view options) {
  while (!options.empty()) {
    const std::string option(options.substr(0, options.find(',')));
    options.remove_prefix(std::min(options.size(), option.size() + 1));
    if (option != "rw" && option != "ro" &&
        ::fsconfig(file_system, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0) != 0)
      return errno;
  }
  return 0;
}

} // namespace

std::vector<group_hierarchy> find_hierarchies() {
  const auto mounts = control_group_mounts(text_of("/proc/self/mountinfo"));
  const auto own_groups = text_of("/proc/self/cgroup");
  std::vector<group_hierarchy> found{find_unified(mounts, own_groups)};
  for (const auto controller : useful_controllers)
    if (!is_among(found.front().controllers, controller))
      add_first_version(found, mounts, own_groups, controller);
  return found;
}

std::uint64_t memory_of(const group_hierarchy& hierarchy) {
  const auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::min(machine,
                  least_in(hierarchy, hierarchy.mount.is_version_2 ? "memory.max" : "memory.limit_in_bytes"));
}

std::uint64_t processes_of(const group_hierarchy& hierarchy) {
  return std::min({number_in("/proc/sys/kernel/pid_max"), number_in("/proc/sys/kernel/threads-max"),
                   least_in(hierarchy, "pids.max")});
}

std::vector<controller_problem> pass_controllers_on(const group_hierarchy& unified) {
  const int error = make_room(unified.group);
  if (error == 0)
    return pass_on(unified.group, unified.controllers);
  std::vector<controller_problem> problems;
  for (const auto& controller : unified.controllers)
    problems.push_back({controller, error});
  return problems;
}

std::vector<controller_problem> pass_on(const path& group, const std::vector<std::string>& controllers) {
  std::vector<controller_problem> problems;
  const auto passed = words_in(group / "cgroup.subtree_control");
  const descriptor directory(::open(group.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const auto& controller : controllers)
    if (!is_among(passed, controller))
      if (const int error = write_group_file(directory.get(), "cgroup.subtree_control", '+' + controller);
          error != 0)
        problems.push_back({controller, error});
  return problems;
}

/// Not by mount(2), which would set the options of the mount, too.
int favor_moves(const group_hierarchy& unified) {
  if (are_moves_favored())
    return 0;
  const descriptor file_system(::fspick(AT_FDCWD, unified.mount.path.c_str(), FSPICK_CLOEXEC));
  if (!file_system)
    return errno;
  if (const int error = set_flags(file_system.get(), unified.mount.options + ",favordynmods"); error != 0)
    return error;
  if (::fsconfig(file_system.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0)
    return errno;
  return are_moves_favored() ? 0 : EPERM;
}

/// The number of a group is that of its directory, and what a handle of its file system holds (kernfs).
path path_of_group(const control_group_mount& unified, std::uint64_t id, int& error) {
  constexpr int kernfs_handle = 0xfe; // FILEID_KERNFS (linux/exportfs.h)
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(id)> buffer{};
  auto& handle = *reinterpret_cast<file_handle*>(buffer.data());
  handle.handle_bytes = sizeof(id);
  handle.handle_type = kernfs_handle;
  std::memcpy(handle.f_handle, &id, sizeof(id));
  const descriptor hierarchy(::open(unified.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const descriptor group(::open_by_handle_at(hierarchy.get(), &handle, O_PATH | O_CLOEXEC));
  error = group ? 0 : errno;
  if (!group)
    return {};
  std::error_code fault;
  const auto found = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", group.get()), fault);
  error = fault.value();
  return found;
}

} // namespace sandboxd::launcher
