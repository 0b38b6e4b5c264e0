#include "launcher/workload_group.hpp"

#include "launcher/control_groups.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

constexpr std::string_view name_prefix = "sandboxd-workloads-";

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path own_group() {
  const auto mounts = control_group_mounts(text_of("/proc/self/mountinfo"));
  // What was mounted last covers what was there before.
  const auto found =
      std::find_if(mounts.rbegin(), mounts.rend(), [](const auto& one) { return one.is_version_2; });
  const auto group = unified_group(text_of("/proc/self/cgroup"));
  if (found == mounts.rend() || group.empty())
    fail(ENOENT, "no control groups of version 2");
  return std::filesystem::path(found->path) / group.substr(1);
}

bool is_of_workloads(const std::filesystem::path& group) {
  return group.filename().string().starts_with(name_prefix);
}

/// The daemon that made it holds a lock on it, wherever that may live.
void remove_if_left(const std::filesystem::path& group) {
  const descriptor directory(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0)
    ::rmdir(group.c_str()); // fails, and may, as long as somebody is in it
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

/// What disappears meanwhile is no fault.
std::vector<std::filesystem::path> groups_of_workloads(const std::filesystem::path& parent) {
  std::vector<std::filesystem::path> found;
  std::error_code fault;
  for (std::filesystem::directory_iterator at(parent, fault), end; !fault && at != end; at.increment(fault))
    if (is_of_workloads(at->path()))
      found.push_back(at->path());
  return found;
}

} // namespace

std::unique_ptr<workload_group> workload_group::make() {
  require_kernel();
  const auto parent = own_group();
  for (const auto& group : groups_of_workloads(parent))
    remove_if_left(group);
  auto path = (parent / name_prefix).string() + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    fail(errno, path);
  descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::flock(directory.get(), LOCK_SH) != 0) {
    const int error = errno;
    ::rmdir(path.c_str());
    fail(error, path);
  }
  return std::unique_ptr<workload_group>(new workload_group(path, std::move(directory)));
}

workload_group::workload_group(std::filesystem::path path, descriptor directory)
    : path_(std::move(path)), directory_(std::move(directory)) {}

workload_group::~workload_group() {
  ::rmdir(path_.c_str());
}

/// The id of a group is the number of its directory (kernfs).
bool workload_group::contains(std::uint64_t id) const {
  const auto is_it = [id](const std::filesystem::path& group) {
    struct stat info {};
    return ::stat(group.c_str(), &info) == 0 && info.st_ino == id;
  };
  if (is_it(path_))
    return true;
  const auto others = groups_of_workloads(path_.parent_path());
  return std::any_of(others.begin(), others.end(), is_it);
}

} // namespace sandboxd::launcher
