#include "launcher/workload_groups.hpp"

#include "launcher/descriptor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using std::filesystem::path;

constexpr std::string_view name_prefix = "sandboxd-workloads-";

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// Before 5.15 sockets lose their group once anybody on the machine uses net_cls or net_prio.
void require_kernel() {
  utsname system{};
  int major = 0;
  int minor = 0;
  if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2 ||
      std::pair(major, minor) < std::pair(5, 15))
    fail(ENOSYS, "sockets keep their groups in Linux 5.15 and later");
}

/// Groups can be told by their numbers.
void require_numbers(const group_hierarchy& unified) {
  struct stat info {};
  int error = 0;
  if (::stat(unified.group.c_str(), &info) != 0 || path_of_group(unified.mount, info.st_ino, error).empty())
    fail(error != 0 ? error : errno, "find a control group by its number");
}

descriptor open_directory(const path& group) {
  return descriptor(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// The daemon that made it holds a lock on it, wherever that may live.
bool is_left(const path& group) {
  const auto directory = open_directory(group);
  return directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

/// What somebody is in stays; what disappears meanwhile is no fault.
void remove_left(const std::vector<group_hierarchy>& hierarchies) {
  const auto& unified = hierarchies.front().group;
  const auto parent = open_directory(unified);
  if (!parent)
    return;
  for (const auto& name : groups_in(parent.get())) {
    if (name.starts_with(daemon_group_prefix))
      remove_group(parent.get(), name);
    if (!name.starts_with(name_prefix) || !is_left(unified / name))
      continue;
    for (auto one = hierarchies.rbegin(); one != hierarchies.rend(); ++one)
      if (const auto directory = open_directory(one->group))
        remove_group(directory.get(), name);
  }
}

std::uint64_t without(std::uint64_t reserve, std::uint64_t all) {
  return all - std::min(reserve, all / 4);
}

bool has(const group_parent& parent, std::string_view controller) {
  return std::ranges::find(parent.controllers, controller) != parent.controllers.end();
}

} // namespace

std::unique_ptr<workload_groups> workload_groups::make(const options& how) {
  require_kernel();
  const auto hierarchies = find_hierarchies();
  const auto& unified = hierarchies.front();
  require_numbers(unified);
  remove_left(hierarchies);
  std::unique_ptr<workload_groups> made(new workload_groups(unified.mount));
  if (how.favors_moves)
    if (const int error = favor_moves(unified); error != 0)
      made->problems_.push_back(
          fmt::format("moves between control groups are slow: {}", std::strerror(error)));
  made->make_unified(unified, how.reserve);
  for (auto one = hierarchies.begin() + 1; one != hierarchies.end(); ++one)
    made->make_in(*one, how.reserve);
  for (const char* controller : {"memory", "pids", "cpu"})
    if (std::ranges::none_of(hierarchies, [&](const auto& one) {
          return std::ranges::find(one.controllers, controller) != one.controllers.end();
        }))
      made->problems_.push_back(fmt::format("{}: there is no such controller", controller));
  return made;
}

workload_groups::workload_groups(control_group_mount unified) : unified_(std::move(unified)) {}

void workload_groups::make_unified(const group_hierarchy& unified, const group_reserve& reserve) {
  auto path = (unified.group / name_prefix).string() + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    fail(errno, path);
  name_ = std::filesystem::path(path).filename();
  parents_.push_back({open_directory(path), true, unified.controllers});
  group_paths_.push_back(unified.group);
  const auto& directory = parents_.front().directory;
  if (!directory || ::flock(directory.get(), LOCK_SH) != 0 || ::fchmod(directory.get(), 0755) != 0)
    fail(errno, path);
  if (unified.controllers.empty())
    return;
  int error = pass_controllers_on(unified);
  if (error == 0)
    error = pass_on(path, unified.controllers);
  if (error == 0)
    error = limit_all(unified, reserve);
  if (error == 0)
    return;
  parents_.front().controllers.clear();
  note(unified, error);
}

void workload_groups::make_in(const group_hierarchy& hierarchy, const group_reserve& reserve) {
  const auto parent = open_directory(hierarchy.group);
  descriptor made;
  int error = parent ? make_group(parent.get(), name_, made) : errno;
  if (error == 0) {
    parents_.push_back({std::move(made), false, hierarchy.controllers});
    group_paths_.push_back(hierarchy.group);
    error = limit_all(hierarchy, reserve);
  }
  if (error != 0)
    note(hierarchy, error);
}

/// Limits the newest.
int workload_groups::limit_all(const group_hierarchy& hierarchy, const group_reserve& reserve) const {
  const auto& parent = parents_.back();
  group_limits limits;
  if (has(parent, "memory"))
    limits.memory_bytes = without(reserve.memory_bytes, memory_of(hierarchy));
  if (has(parent, "pids"))
    limits.processes = without(reserve.processes, processes_of(hierarchy));
  return limit_group(parent.directory.get(), parent, limits);
}

void workload_groups::note(const group_hierarchy& hierarchy, int error) {
  problems_.push_back(
      fmt::format("{}: {}{}", fmt::join(hierarchy.controllers, ", "), std::strerror(error),
                  error == EBUSY ? ", other processes are in the server's control group" : ""));
}

workload_groups::~workload_groups() {
  for (auto one = group_paths_.rbegin(); one != group_paths_.rend(); ++one)
    if (const auto directory = open_directory(*one))
      remove_group(directory.get(), name_);
}

bool workload_groups::contain(std::uint64_t id) const {
  int error = 0;
  const auto group = path_of_group(unified_, id, error);
  return error != 0 || group.string().starts_with((group_paths_.front() / name_prefix).string());
}

} // namespace sandboxd::launcher
