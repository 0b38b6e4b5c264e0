#include "launcher/workload_group.hpp"

#include "launcher/control_groups.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Followed by the number of the daemon's process.
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

/// Whether the daemon that made it runs. A number that cannot be read counts as one that does.
bool is_in_use(const std::filesystem::path& group) {
  const auto name = group.filename().string();
  pid_t pid = 0;
  const auto [end, fault] = std::from_chars(name.data() + name_prefix.size(), name.data() + name.size(), pid);
  if (fault != std::errc() || end != name.data() + name.size())
    return true;
  return std::filesystem::exists("/proc/" + std::to_string(pid));
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
  const auto parent = own_group();
  for (const auto& group : groups_of_workloads(parent))
    if (!is_in_use(group))
      ::rmdir(group.c_str()); // fails, and may, as long as somebody is in it
  const auto path = parent / (std::string(name_prefix) + std::to_string(::getpid()));
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    fail(errno, path.string());
  descriptor entrance(::open((path / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!entrance) {
    const int error = errno;
    ::rmdir(path.c_str());
    fail(error, path.string());
  }
  return std::unique_ptr<workload_group>(new workload_group(path, std::move(entrance)));
}

workload_group::workload_group(std::filesystem::path path, descriptor entrance)
    : path_(std::move(path)), entrance_(std::move(entrance)) {}

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
