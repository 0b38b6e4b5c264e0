#include "launcher/system_mounts.hpp"

#include "launcher/descriptor.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

constexpr std::array devices{"null", "zero", "full", "random", "urandom", "tty"};

constexpr std::array<std::pair<const char*, const char*>, 5> links_in_dev{{{"/proc/self/fd", "/dev/fd"},
                                                                           {"/proc/self/fd/0", "/dev/stdin"},
                                                                           {"/proc/self/fd/1", "/dev/stdout"},
                                                                           {"/proc/self/fd/2", "/dev/stderr"},
                                                                           {"pts/ptmx", "/dev/ptmx"}}};

/// A part of the file system that is to be there again when something else lies over it.
struct kept_part {
  std::string path;
  descriptor place; ///< O_PATH
  descriptor tree;  ///< the mount, attached nowhere
};

descriptor open_place(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return descriptor(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how))));
}

/// `more`: AT_RECURSIVE for the mounts below it, too.
int keep(const std::string& path, unsigned more, std::vector<kept_part>& parts) {
  kept_part part{path, open_place(path), {}};
  if (!part.place)
    return errno == ENOENT ? 0 : errno;
  part.tree.reset(static_cast<int>(::syscall(SYS_open_tree, part.place.get(), "",
                                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | more)));
  if (!part.tree)
    return errno;
  parts.push_back(std::move(part));
  return 0;
}

int attach(const kept_part& part) {
  const auto done = ::syscall(SYS_move_mount, part.tree.get(), "", part.place.get(), "",
                              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  return done == 0 ? 0 : errno;
}

int set_attributes(int directory, const char* path, unsigned more, std::uint64_t wanted) {
  mount_attr attributes{};
  attributes.attr_set = wanted;
  const auto done = ::syscall(SYS_mount_setattr, directory, path, more, &attributes, sizeof(attributes));
  return done == 0 ? 0 : errno;
}

int mount_new(const char* type, const char* path, unsigned long flags, const std::string& options) {
  return ::mount(type, path, type, flags, options.c_str()) == 0 ? 0 : errno;
}

/// Of the node of a device, to lay the device over it.
int make_empty_file(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return file ? 0 : errno;
}

int fill_dev(std::vector<kept_part>& nodes) {
  for (auto& node : nodes) {
    if (const int error = make_empty_file(node.path); error != 0)
      return error;
    node.place = open_place(node.path);
    if (!node.place)
      return errno;
    // It is written to all the same; its mode and owner are the machine's.
    int error = set_attributes(node.tree.get(), "", AT_EMPTY_PATH,
                               MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (error == 0)
      error = attach(node);
    if (error != 0)
      return error;
  }
  for (const auto& [target, path] : links_in_dev)
    if (::symlink(target, path) != 0)
      return errno;
  for (const char* path : {"/dev/pts", "/dev/shm"})
    if (::mkdir(path, 0755) != 0)
      return errno;
  const int error =
      mount_new("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620");
  return error == 0 ? mount_new("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777") : error;
}

/// In the place of the machine's, below which disks are.
int replace_dev(std::vector<kept_part>& nodes) {
  if (const int error = mount_new("tmpfs", "/dev", MS_NOSUID, "mode=755,size=64k"); error != 0)
    return error;
  const int error = fill_dev(nodes);
  return error == 0 ? set_attributes(AT_FDCWD, "/dev", 0, MOUNT_ATTR_RDONLY) : error;
}

} // namespace

int close_system(const std::vector<std::string>& writable) {
  std::vector<kept_part> parts;
  std::vector<kept_part> nodes;
  for (const auto& path : writable)
    if (const int error = keep(path, AT_RECURSIVE, parts); error != 0)
      return error;
  if (const int error = keep("/proc", AT_RECURSIVE, parts); error != 0)
    return error;
  for (const char* name : devices)
    if (const int error = keep(std::string("/dev/") + name, 0, nodes); error != 0)
      return error;

  if (const int error = set_attributes(AT_FDCWD, "/", AT_RECURSIVE, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
      error != 0)
    return error;
  for (const auto& part : parts) {
    int error = set_attributes(part.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_NODEV);
    if (error == 0)
      error = attach(part);
    if (error != 0)
      return error;
  }
  return replace_dev(nodes);
}

int mount_private_tmp(std::uint64_t bytes) {
  constexpr std::uint64_t page = 4096;
  // Where mounts are shared, the new one would be everybody's. What others mount is seen as before.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return errno;
  return mount_new("tmpfs", "/tmp", MS_NOSUID | MS_NODEV,
                   "mode=1777,size=" + std::to_string(bytes) + ",nr_inodes=" + std::to_string(bytes / page));
}

} // namespace sandboxd::launcher
