#include "launcher/closed_mounts.hpp"

#include "launcher/control_groups.hpp"
#include "launcher/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

std::string own_mounts() {
  const descriptor file(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(file.get(), buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

/// A mount that is made read-only keeps its other flags only if they are named.
unsigned long flags_of(const struct statvfs& file_system) {
  unsigned long flags = 0;
  if ((file_system.f_flag & ST_NOSUID) != 0)
    flags |= MS_NOSUID;
  if ((file_system.f_flag & ST_NODEV) != 0)
    flags |= MS_NODEV;
  if ((file_system.f_flag & ST_NOEXEC) != 0)
    flags |= MS_NOEXEC;
  return flags;
}

int make_read_only(const char* path) {
  struct statvfs file_system {};
  if (::statvfs(path, &file_system) != 0)
    return errno;
  const auto flags = MS_REMOUNT | MS_BIND | MS_RDONLY | flags_of(file_system);
  return ::mount(nullptr, path, nullptr, flags, nullptr) == 0 ? 0 : errno;
}

/// Whether it is what it should be: another mount may lie over it, for one.
int expect_read_only(const std::string& path) {
  const descriptor file(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  return !file && errno == EROFS ? 0 : EEXIST;
}

} // namespace

int close_control_groups() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return errno;
  for (const auto& hierarchy : control_group_mounts(own_mounts())) {
    if (const int error = make_read_only(hierarchy.path.c_str()); error != 0)
      return error;
    if (const int error = expect_read_only(hierarchy.path); error != 0)
      return error;
  }
  return 0;
}

} // namespace sandboxd::launcher
