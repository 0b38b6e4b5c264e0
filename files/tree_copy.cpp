#include "files/tree_copy.hpp"

#include "files/directory_reader.hpp"
#include "files/file_writer.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/limits.h>
#include <string>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::files {

namespace {

/// Each level holds two descriptors and some stack.
constexpr int deepest = 1000;

descriptor open_at(const place& where, int flags, mode_t mode = 0) {
  descriptor opened(
      ::openat(where.directory.get(), where.name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!opened)
    throw_errno("open");
  return opened;
}

void keep_times(int file, const struct stat& status) {
  const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
  if (::futimens(file, times.data()) != 0)
    throw_errno("utimens");
}

void copy_bytes(int from, int to) {
  constexpr std::size_t most_at_once = 1u << 30;
  for (;;) {
    const ssize_t count = ::sendfile(to, from, nullptr, most_at_once);
    if (count == 0)
      return;
    if (count < 0 && errno != EINTR)
      throw_errno("copy");
  }
}

void copy_link(const place& from, const place& to, const struct stat& status) {
  std::array<char, PATH_MAX> text;
  const ssize_t length = ::readlinkat(from.directory.get(), from.name.c_str(), text.data(), text.size() - 1);
  if (length < 0)
    throw_errno("readlink");
  text[static_cast<std::size_t>(length)] = '\0';
  if (::symlinkat(text.data(), to.directory.get(), to.name.c_str()) != 0)
    throw_errno("symlink");
  const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
  (void)::fchownat(to.directory.get(), to.name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
  (void)::utimensat(to.directory.get(), to.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
}

void make_special(const place& to, const struct stat& status) {
  if (::mknodat(to.directory.get(), to.name.c_str(), status.st_mode, status.st_rdev) != 0)
    throw_errno("mknod");
  (void)::fchownat(to.directory.get(), to.name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
}

void copy_file(const place& from, const place& to, const struct stat& status) {
  const descriptor source = open_at(from, O_RDONLY | O_NONBLOCK);
  const descriptor target = open_at(to, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  copy_bytes(source.get(), target.get());
  copy_attributes(source.get(), target.get());
  keep_times(target.get(), status);
}

void copy_any(const place& from, const place& to, int depth);

void copy_directory(const place& from, const place& to, const struct stat& status, int depth) {
  if (depth >= deepest)
    throw std::system_error(ELOOP, std::generic_category(), "copy");
  const descriptor source = open_at(from, O_RDONLY | O_DIRECTORY);
  if (::mkdirat(to.directory.get(), to.name.c_str(), S_IRWXU) != 0)
    throw_errno("mkdir");
  const descriptor target = open_at(to, O_RDONLY | O_DIRECTORY);
  for (const auto& name : names_in(source.get()))
    copy_any({duplicate(source.get()), name}, {duplicate(target.get()), name}, depth + 1);
  copy_attributes(source.get(), target.get());
  keep_times(target.get(), status);
}

void copy_any(const place& from, const place& to, int depth) {
  const struct stat status = status_of(from);
  if (S_ISDIR(status.st_mode))
    copy_directory(from, to, status, depth);
  else if (S_ISREG(status.st_mode))
    copy_file(from, to, status);
  else if (S_ISLNK(status.st_mode))
    copy_link(from, to, status);
  else
    make_special(to, status);
}

void remove_any(const place& where, int depth) {
  if (::unlinkat(where.directory.get(), where.name.c_str(), 0) == 0 || errno == ENOENT)
    return;
  if (errno != EISDIR && errno != EPERM) // what POSIX says of a directory, too
    throw_errno("remove");
  if (depth >= deepest)
    throw std::system_error(ELOOP, std::generic_category(), "remove");
  {
    const descriptor directory = open_at(where, O_RDONLY | O_DIRECTORY);
    for (const auto& name : names_in(directory.get()))
      remove_any({duplicate(directory.get()), name}, depth + 1);
  }
  if (::unlinkat(where.directory.get(), where.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    throw_errno("remove");
}

} // namespace

void copy_tree(const place& from, const place& to) {
  copy_any(from, to, 0);
}

void copy_regular_file(const place& from, const place& to) {
  const struct stat status = status_of(from);
  if (!S_ISREG(status.st_mode))
    throw std::system_error(EACCES, std::generic_category(), "copy");
  copy_file(from, to, status);
}

void remove_tree(const place& where) {
  remove_any(where, 0);
}

} // namespace sandboxd::files
