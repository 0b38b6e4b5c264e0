#include "launcher/workload_groups.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/exhaustion.hpp"

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

/// Of all workloads together, a tenth of what the daemon has: it runs as soon as it has something to do, and
/// leaves them all that it does not need.
constexpr std::uint64_t weight_of_all = 10;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// Before 5.15 sockets lose their group once anybody on the machine uses net_cls or net_prio.
bool keeps_groups_of_sockets() {
  utsname system{};
  int major = 0;
  int minor = 0;
  return ::uname(&system) == 0 && std::sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
         std::pair(major, minor) >= std::pair(5, 15);
}

std::string find_marking_problem(const group_hierarchy& unified) {
  if (!keeps_groups_of_sockets())
    return "sockets keep their groups in Linux 5.15 and later";
  struct stat info {};
  int error = 0;
  if (::stat(unified.group.c_str(), &info) != 0 || path_of_group(unified.mount, info.st_ino, error).empty())
    return fmt::format("a control group cannot be found by its number: {}",
                       std::strerror(error != 0 ? error : errno));
  return {};
}

descriptor open_directory(const path& group) {
  return descriptor(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// What somebody is in stays, but workloads do not outlive their daemon, which held a lock on their group;
/// what disappears meanwhile is no fault.
void remove_left(const std::vector<group_hierarchy>& hierarchies) {
  const auto parent = open_directory(hierarchies.front().group);
  if (!parent)
    return;
  for (const auto& name : groups_in(parent.get())) {
    if (name.starts_with(daemon_group_prefix))
      ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
    const auto group = name.starts_with(name_prefix) ? open_group(parent.get(), name) : descriptor();
    if (!group || ::flock(group.get(), LOCK_EX | LOCK_NB) != 0)
      continue;
    kill_group(group.get());
    for (auto one = hierarchies.rbegin(); one != hierarchies.rend(); ++one)
      if (const auto directory = open_directory(one->group))
        remove_group(directory.get(), name);
  }
}

/// A new group with a lock on it. Another daemon may take it for one that is left before it has that.
descriptor make_locked(const path& parent, std::string& name) {
  for (int attempts_left = 10; attempts_left > 0; --attempts_left) {
    auto path = (parent / name_prefix).string() + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
      fail(errno, path);
    auto directory = open_directory(path);
    if (directory && ::flock(directory.get(), LOCK_SH) == 0 && ::fchmod(directory.get(), 0755) == 0 &&
        std::filesystem::exists(path)) {
      name = std::filesystem::path(path).filename();
      return directory;
    }
  }
  fail(EAGAIN, "make a control group");
}

std::uint64_t without(std::uint64_t reserve, std::uint64_t all) {
  return all - std::min(reserve, all / 4);
}

} // namespace

std::unique_ptr<workload_groups> workload_groups::make(const options& how) {
  const auto hierarchies = find_hierarchies();
  const auto& unified = hierarchies.front();
  remove_left(hierarchies);
  std::unique_ptr<workload_groups> made(new workload_groups(unified, how));
  made->make_unified(unified);
  for (auto one = hierarchies.begin() + 1; one != hierarchies.end(); ++one)
    made->make_in(*one);
  for (const char* controller : {"memory", "pids", "cpu"})
    if (std::ranges::none_of(hierarchies, [controller](const auto& one) {
          return std::ranges::find(one.controllers, controller) != one.controllers.end();
        }))
      made->problems_.push_back(fmt::format("{}: there is no such controller", controller));
  if (how.favors_moves)
    if (const int error = favor_moves(unified); error != 0)
      made->problems_.push_back(fmt::format("moves between groups are slow: {}", std::strerror(error)));
  return made;
}

workload_groups::workload_groups(const group_hierarchy& unified, const options& how)
    : wanted_(how), unified_(unified.mount), limits_(how.each),
      marking_problem_(find_marking_problem(unified)) {}

void workload_groups::make_unified(const group_hierarchy& unified) {
  parents_.push_back({make_locked(unified.group, name_), true, unified.controllers});
  group_paths_.push_back(unified.group);
  auto& parent = parents_.back();
  if (!parent.controllers.empty())
    for (const auto& problem : pass_controllers_on(unified))
      leave_out(parent, problem);
  for (const auto& problem : pass_on(unified.group / name_, parent.controllers))
    leave_out(parent, problem);
  limit(unified);
}

void workload_groups::make_in(const group_hierarchy& hierarchy) {
  const auto parent = open_directory(hierarchy.group);
  descriptor made;
  if (const int error = parent ? make_group(parent.get(), name_, made) : errno; error != 0) {
    problems_.push_back(fmt::format("{}: {}", fmt::join(hierarchy.controllers, ", "), std::strerror(error)));
    return;
  }
  parents_.push_back({std::move(made), false, hierarchy.controllers});
  group_paths_.push_back(hierarchy.group);
  limit(hierarchy);
}

/// Limits those in the newest, all together, and tries what is to limit each.
void workload_groups::limit(const group_hierarchy& hierarchy) {
  auto& parent = parents_.back();
  group_limits all;
  if (parent.has("memory"))
    all.memory_bytes = without(wanted_.reserve.memory_bytes, memory_of(hierarchy));
  if (parent.has("pids")) {
    all.processes = without(wanted_.reserve.processes, processes_of(hierarchy));
    if (limits_.processes != 0)
      limits_.processes = std::min(limits_.processes, all.processes / 2);
  }
  if (parent.has("cpu"))
    all.cpu_weight = weight_of_all;
  for (const auto& controller : std::vector(parent.controllers))
    if (const int error = try_limit(parent, controller, all); error != 0)
      leave_out(parent, {controller, error});
}

int workload_groups::try_limit(const group_parent& parent, const std::string& controller,
                               const group_limits& all) const {
  const group_parent alone{descriptor(), parent.is_version_2, {controller}};
  const std::string trial = "trial";
  descriptor one;
  int error = limit_group(parent.directory.get(), alone, all);
  if (error == 0)
    error = make_group(parent.directory.get(), trial, one);
  if (error == 0)
    error = limit_group(one.get(), alone, limits_);
  remove_group(parent.directory.get(), trial);
  return error;
}

void workload_groups::leave_out(group_parent& parent, const controller_problem& why) {
  std::erase(parent.controllers, why.controller);
  problems_.push_back(fmt::format("{}: {}{}", why.controller, std::strerror(why.error),
                                  why.error == EBUSY ? " (others are in the server's control group)" : ""));
}

workload_groups::~workload_groups() {
  for (auto one = group_paths_.rbegin(); one != group_paths_.rend(); ++one)
    if (const auto directory = open_directory(*one))
      remove_group(directory.get(), name_);
}

bool workload_groups::contain(std::uint64_t id) const {
  int error = 0;
  const auto group = path_of_group(unified_, id, error).string();
  throw_if_exhausted(error);
  return error != 0 || contain_directory(group);
}

bool workload_groups::surely_contain(std::uint64_t id) const {
  int error = 0;
  const auto group = path_of_group(unified_, id, error).string();
  return error == 0 && contain_directory(group);
}

bool workload_groups::contain_process(std::string_view cgroup_file) const {
  const auto group = group_directory(unified_, cgroup_file);
  return group.empty() || contain_directory(group);
}

/// Other daemons may be in groups elsewhere; one in whose workload this daemon is itself is none of them.
bool workload_groups::contain_directory(std::string_view group) const {
  const auto& own = group_paths_.front().string();
  const bool is_below_own = group == own || group.starts_with(own + '/');
  const auto beyond = group.substr(is_below_own ? own.size() : 0);
  return beyond.find(fmt::format("/{}", name_prefix)) != std::string_view::npos;
}

} // namespace sandboxd::launcher
