#include "launcher/kernel_mounts.hpp"

#include "launcher/control_groups.hpp"
#include "launcher/descriptor.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/mount.h>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

/// Those that container engines close, too.
constexpr std::array closed_parts_of_proc{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
                                          "/proc/fs"};

/// Nothing where it cannot be read: an empty list would look as if there were nothing to close.
std::optional<std::string> own_mounts() {
  const descriptor file(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  ssize_t count = -1;
  while (file && (count = ::read(file.get(), buffer, sizeof(buffer))) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return count == 0 ? std::optional(text) : std::nullopt;
}

/// A mount and all below it.
int make_read_only(const char* path) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  const auto done =
      ::syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof(attributes));
  return done == 0 ? 0 : errno;
}

/// Whether it is what it should be: another mount may lie over it, for one.
int expect_read_only(const std::string& path) {
  const descriptor file(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  return !file && errno == EROFS ? 0 : EEXIST;
}

} // namespace

int close_proc() {
  for (const char* path : closed_parts_of_proc) {
    if (::mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      if (errno == ENOENT) // this kernel has none
        continue;
      return errno;
    }
    if (const int error = make_read_only(path); error != 0)
      return error;
  }
  return 0;
}

int enter_mount_namespace_with_closed_kernel() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return errno;
  // No mount: nothing of the kernel's is there.
  if (const int error = make_read_only("/sys"); error != 0 && error != EINVAL && error != ENOENT)
    return error;
  return close_proc();
}

int close_control_groups() {
  const auto mounts = own_mounts();
  if (!mounts)
    return EIO;
  bool has_version_2 = false;
  for (const auto& hierarchy : control_group_mounts(*mounts)) {
    has_version_2 |= hierarchy.is_version_2;
    if (const int error = make_read_only(hierarchy.path.c_str()); error != 0)
      return error;
    if (const int error = expect_read_only(hierarchy.path); error != 0)
      return error;
  }
  return has_version_2 ? 0 : ENOENT;
}

int show_hosts_file(const char* file) {
  constexpr const char* place = "/etc/hosts";
  return ::mount(file, place, nullptr, MS_BIND, nullptr) == 0 ? make_read_only(place) : errno;
}

} // namespace sandboxd::launcher
