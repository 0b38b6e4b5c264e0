#include "launcher/resolver_files.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nss.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

/// The FILES sections of resolv.conf(5), host.conf(5), gai.conf(5) and hosts(5).
constexpr std::array read_by_look_ups{"gai.conf", "host.conf", "hosts", "resolv.conf"};

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

/// Makes the directory, of this thread's mounts alone, its root, and lets go of all others.
void take_for_root(const std::filesystem::path& directory) {
  check(::chdir(directory.c_str()) == 0, directory);
  check(::syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  check(::umount2(".", MNT_DETACH) == 0, "umount");
  check(::chdir("/") == 0, "/");
}

} // namespace

/// A mount over /etc would move with it when somebody who does not see the mount renames that directory.
bool keep_resolver_files() {
  const std::filesystem::path etc = "/etc";
  std::vector<std::pair<std::filesystem::path, std::string>> kept;
  std::error_code missing;
  for (const auto* name : read_by_look_ups)
    if (std::filesystem::is_regular_file(etc / name, missing))
      kept.emplace_back(etc / "etc" / name, text_of(etc / name));
  // Neither the modules of nsswitch.conf(5), which are files of others or ask sockets of others, nor nscd(8).
  check(::__nss_configure_lookup("hosts", "files dns") == 0, "nss");
  check(::unshare(CLONE_NEWNS) == 0, "unshare");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "/");
  check(::mount("none", etc.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") == 0, etc);
  check(::mkdir((etc / "etc").c_str(), 0755) == 0, etc);
  for (const auto& [path, text] : kept)
    write(path, text);
  take_for_root(etc);
  return std::filesystem::exists(etc / "resolv.conf", missing);
}

} // namespace sandboxd::launcher
