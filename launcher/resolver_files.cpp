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

/// The FILES sections of resolv.conf(5), nsswitch.conf(5), host.conf(5), gai.conf(5) and hosts(5), and by
/// what getaddrinfo(3) knows services.
constexpr std::array read_by_look_ups{"gai.conf",      "host.conf",   "hosts",   "networks",
                                      "nsswitch.conf", "resolv.conf", "services"};

void check(int result, const char* what) {
  if (result != 0)
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

void keep_resolver_files() {
  const std::filesystem::path etc = "/etc";
  std::vector<std::pair<std::filesystem::path, std::string>> kept;
  for (const auto* name : read_by_look_ups)
    if (std::error_code ignored; std::filesystem::is_regular_file(etc / name, ignored)) {
      std::ifstream file(etc / name);
      kept.emplace_back(etc / name, std::string{std::istreambuf_iterator<char>(file), {}});
    }
  check(::unshare(CLONE_NEWNS), "unshare");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount /");
  constexpr auto flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  check(::mount("none", etc.c_str(), "tmpfs", flags, "mode=755"), "mount /etc");
  for (const auto& [path, text] : kept) {
    std::ofstream file(path);
    if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush())
      throw std::system_error(EIO, std::generic_category(), path);
  }
}

} // namespace sandboxd::launcher
