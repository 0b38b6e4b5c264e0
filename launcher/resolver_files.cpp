#include "launcher/resolver_files.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

/// The FILES sections of resolv.conf(5), host.conf(5), gai.conf(5) and hosts(5).
constexpr std::array read_by_look_ups{"gai.conf", "host.conf", "hosts", "resolv.conf"};

/// In place of the machine's nsswitch.conf(5), which may name modules that are files of others, or ask
/// sockets in /run.
constexpr const char* sources = "hosts: files dns\n";

/// Where nscd(8) would be asked before anything else.
constexpr const char* place_of_caches = "/var/run";

void check(bool is_well, const std::filesystem::path& what) {
  if (!is_well)
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), what);
}

std::string text_of(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  check(!file.fail(), path);
  return text;
}

void write(const std::filesystem::path& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path);
  check(!(file << text << std::flush).fail(), path);
}

/// In memory, over what is there for others.
void mount_empty(const std::filesystem::path& directory) {
  constexpr auto flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  check(::mount("none", directory.c_str(), "tmpfs", flags, "mode=755") == 0, directory);
}

} // namespace

void keep_resolver_files() {
  const std::filesystem::path etc = "/etc";
  std::vector<std::pair<std::filesystem::path, std::string>> kept{{etc / "nsswitch.conf", sources}};
  std::error_code missing;
  for (const auto* name : read_by_look_ups)
    if (std::filesystem::is_regular_file(etc / name, missing))
      kept.emplace_back(etc / name, text_of(etc / name));
  check(::unshare(CLONE_NEWNS) == 0, "unshare");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0, "/");
  mount_empty(etc);
  for (const auto& [path, text] : kept)
    write(path, text);
  if (const auto place = std::filesystem::canonical(place_of_caches, missing); !missing)
    mount_empty(place);
}

} // namespace sandboxd::launcher
