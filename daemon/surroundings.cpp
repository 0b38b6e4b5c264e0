#include "daemon/surroundings.hpp"

#include "daemon/orphan_reaper.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <signal.h>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::daemon {

namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

} // namespace

runtime_directory::runtime_directory(const std::string& parent)
    : path_(fmt::format("{}/daemon-{}", parent, ::getpid())) {
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
  raise_descriptor_limit();
  std::filesystem::create_directories(settings.sandbox.workspace);
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
