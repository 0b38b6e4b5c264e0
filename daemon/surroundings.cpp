#include "daemon/surroundings.hpp"

#include "config/programs.hpp"
#include "daemon/orphan_reaper.hpp"
#include "launcher/descriptor_limit.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <linux/close_range.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::daemon {

namespace {

/// Names the key, which the error of the file system cannot.
void make_workspace(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw std::system_error(error, "sandbox.workspace = " + path + ": cannot be made");
}

constexpr std::string_view directory_prefix = "daemon-";

/// Whether `name` is that of the directory of a daemon that no longer runs.
bool is_of_dead_daemon(std::string_view name) {
  if (!name.starts_with(directory_prefix))
    return false;
  name.remove_prefix(directory_prefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end == name.data() + name.size() && pid > 0 && ::kill(pid, 0) != 0 &&
         errno == ESRCH;
}

/// Daemons that were killed could not remove their directories. Those of other users stay.
void remove_leftovers(const std::string& parent) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(parent, ignored), end; entry != end;
       entry.increment(ignored)) {
    struct stat status {};
    if (is_of_dead_daemon(entry->path().filename().string()) &&
        ::lstat(entry->path().c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
        status.st_uid == ::geteuid())
      std::filesystem::remove_all(entry->path(), ignored);
    ignored.clear();
  }
}

} // namespace

runtime_directory::runtime_directory(const std::string& parent)
    : path_(fmt::format("{}/{}{}", parent, directory_prefix, ::getpid())) {
  remove_leftovers(parent);
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
}

runtime_directory::~runtime_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void prepare_surroundings(const config::settings& settings) {
  orphan_reaper::become_subreaper();
  ::signal(SIGPIPE, SIG_IGN);
  launcher::raise_descriptor_limit();
  make_workspace(settings.sandbox.workspace);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); // what the daemon was started with is for nobody else
  if (settings.isolation.level != config::isolation_level::none)
    ::prctl(PR_SET_DUMPABLE, 0); // or workloads of the same user could read its memory and environment
}

void require_programs(const std::filesystem::path& directory) {
  for (const auto* name :
       {config::programs::spawner, config::programs::git_worker, config::programs::namespace_init})
    if (const auto program = directory / name; ::access(program.c_str(), X_OK) != 0)
      throw std::system_error(errno, std::generic_category(), program.string());
}

void refuse_places_in_private_tmp(const config::settings& settings, const std::filesystem::path& programs) {
  const auto& isolation = settings.isolation;
  if (isolation.private_tmp_bytes == 0 || isolation.level == config::isolation_level::none)
    return;
  const auto tmp = std::filesystem::weakly_canonical("/tmp") / "";
  const std::array<std::pair<std::string_view, std::filesystem::path>, 3> places{
      {{"sandbox.workspace", settings.sandbox.workspace},
       {"sandbox.runtime-directory", settings.sandbox.runtime_directory},
       {"sandbox.program-directory", programs}}};
  for (const auto& [name, path] : places)
    if ((std::filesystem::weakly_canonical(path) / "").string().starts_with(tmp.string()))
      throw std::runtime_error(fmt::format(
          "{} = {}: lies in /tmp, of which isolation.private-tmp-bytes gives each workload another", name,
          path.string()));
}

std::vector<std::string> workload_environment() {
  std::vector<std::string> environment{"LANG=C.UTF-8", "LC_ALL=C.UTF-8"};
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string_view entry(*item);
    if (!entry.starts_with("LANG=") && !entry.starts_with("LC_ALL=") && !entry.starts_with("SANDBOXD_"))
      environment.emplace_back(entry);
  }
  return environment;
}

} // namespace sandboxd::daemon
