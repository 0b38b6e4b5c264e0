#include "files/file_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <linux/limits.h>
#include <random>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::files {

namespace {

constexpr std::array temporary_prefixes{
    std::pair{temporary_use::creation, std::string_view(".sandboxd-new-")},
    std::pair{temporary_use::move, std::string_view(".sandboxd-move-")},
    std::pair{temporary_use::replacement, std::string_view(".sandboxd-")},
};
constexpr std::size_t temporary_digits = 16;
constexpr mode_t new_file_mode = 0644;

std::string link_to(int opened) {
  return fmt::format("/proc/self/fd/{}", opened);
}

void write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      throw_errno("write");
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Removes a name at the end of its scope, unless it was given up.
class name_guard {
public:
  /// Both outlive it.
  name_guard(const descriptor& directory, const std::string& name) : directory_(directory), name_(name) {}
  ~name_guard() {
    if (armed_)
      ::unlinkat(directory_.get(), name_.c_str(), 0);
  }
  name_guard(const name_guard&) = delete;
  name_guard& operator=(const name_guard&) = delete;
  void release() { armed_ = false; }

private:
  const descriptor& directory_;
  const std::string& name_;
  bool armed_ = true;
};

descriptor create_file(const descriptor& directory, const std::string& name, mode_t mode) {
  descriptor file(
      ::openat(directory.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file)
    throw_errno("create");
  return file;
}

/// False when something has the new name already.
bool rename_to_new(const std::string& from, const place& to) {
  const int directory = to.directory.get();
  if (::renameat2(directory, from.c_str(), directory, to.name.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  // Some file systems of a network or in user space cannot; the temporary name is removed by its guard.
  if (errno == EINVAL && ::linkat(directory, from.c_str(), directory, to.name.c_str(), 0) == 0)
    return true;
  if (errno != EEXIST)
    throw_errno("create");
  return false;
}

/// False when something has taken the name meanwhile.
bool write_new(const place& where, std::string_view content) {
  const std::string temporary = new_temporary_name(temporary_use::creation);
  // Without a name until it is complete, where a file system can do that.
  descriptor file(::openat(where.directory.get(), ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, new_file_mode));
  const bool named = !file;
  if (named)
    file = create_file(where.directory, temporary, new_file_mode);
  const name_guard guard(where.directory, temporary); // finds nothing when the name was given away
  write_all(file.get(), content);
  if (!named && ::linkat(AT_FDCWD, link_to(file.get()).c_str(), where.directory.get(), temporary.c_str(),
                         AT_SYMLINK_FOLLOW) != 0)
    throw_errno("create");
  return rename_to_new(temporary, where);
}

void replace(const place& where, int old, std::string_view content) {
  const std::string temporary = new_temporary_name(temporary_use::replacement);
  const descriptor file = create_file(where.directory, temporary, S_IRUSR | S_IWUSR);
  name_guard guard(where.directory, temporary);
  write_all(file.get(), content);
  copy_attributes(old, file.get());
  if (::renameat(where.directory.get(), temporary.c_str(), where.directory.get(), where.name.c_str()) != 0)
    throw_errno("rename");
  guard.release();
}

void write_in_place(int found, std::string_view content) {
  const descriptor file(::open(link_to(found).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file)
    throw_errno("open");
  const auto size = static_cast<off_t>(content.size());
  // Room first, so that a full disk costs nothing. Some file systems cannot tell (EOPNOTSUPP).
  if (size > 0 && ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, size) != 0 && errno != EOPNOTSUPP) {
    const int reason = errno;
    struct stat now {};
    if (::fstat(file.get(), &now) == 0) // gives back what is reserved beyond its end
      (void)::ftruncate(file.get(), now.st_size);
    throw std::system_error(reason, std::generic_category(), "write");
  }
  write_all(file.get(), content);
  if (::ftruncate(file.get(), size) != 0)
    throw_errno("truncate");
}

/// Nothing is opened here that could be waited for: a regular file may have a lease (fcntl(2)) upon it.
///
/// What was replaced, as of `write_file`. Nothing when the file has gone or come meanwhile.
std::optional<descriptor> try_to_write(const place& where, std::string_view content) {
  const descriptor found(
      ::openat(where.directory.get(), where.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!found) {
    if (errno != ENOENT)
      throw_errno("open");
    return write_new(where, content) ? std::optional(descriptor()) : std::nullopt;
  }
  struct statx status {};
  if (::statx(found.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_NLINK, &status) != 0)
    throw_errno("stat");
  if (S_ISLNK(status.stx_mode)) // since it was looked for
    return std::nullopt;
  if (!S_ISREG(status.stx_mode))
    throw std::system_error(S_ISDIR(status.stx_mode) ? EISDIR : EINVAL, std::generic_category(), "write");
  const bool is_mount = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0; // as the sandbox sees it
  if (status.stx_nlink != 1 || is_mount) {
    write_in_place(found.get(), content);
    return descriptor();
  }
  descriptor old(::open(link_to(found.get()).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!old)
    throw_errno("open");
  replace(where, old.get(), content);
  return old;
}

/// The directory part of a path, empty when there is none.
std::string directory_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? std::string{} : path.substr(0, slash);
}

place make_target(const sandbox_root& root, const std::string& path) {
  try {
    return root.target_of(path);
  } catch (const std::system_error& error) {
    const std::string directory = directory_of(path);
    if (error.code() != std::errc::no_such_file_or_directory || directory.empty())
      throw;
    make_directories(root, directory);
    return root.target_of(path);
  }
}

} // namespace

descriptor write_file(const sandbox_root& root, const std::string& path, std::string_view content) {
  if (path.ends_with('/'))
    throw std::system_error(EISDIR, std::generic_category(), "write");
  constexpr int most_tries = 20; // against somebody who makes and removes it all the time
  for (int tries = 0; tries < most_tries; ++tries)
    if (auto replaced = try_to_write(make_target(root, path), content))
      return *std::move(replaced);
  throw std::system_error(EBUSY, std::generic_category(), "write");
}

void make_directories(const sandbox_root& root, const std::string& path) {
  try {
    (void)root.open(path, O_PATH | O_DIRECTORY);
    return;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory)
      throw;
  }
  const std::string above = directory_of(path);
  if (!above.empty())
    make_directories(root, above);
  const place where = root.parent_of(path);
  if (::mkdirat(where.directory.get(), where.name.c_str(), 0777) == 0)
    return;
  if (errno != EEXIST)
    throw_errno("mkdir");
  (void)root.open(path, O_PATH | O_DIRECTORY); // somebody else may have made it, or it is a dangling link
}

std::optional<temporary_use> temporary_use_of(std::string_view name) {
  for (const auto& [use, prefix] : temporary_prefixes)
    if (name.size() == prefix.size() + temporary_digits && name.starts_with(prefix))
      return std::all_of(name.begin() + prefix.size(), name.end(),
                         [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); })
                 ? std::optional(use)
                 : std::nullopt;
  return std::nullopt;
}

std::string new_temporary_name(temporary_use use) {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  const auto* const known = std::find_if(temporary_prefixes.begin(), temporary_prefixes.end(),
                                         [&](const auto& one) { return one.first == use; });
  return fmt::format("{}{:0{}x}", known->second, generator(), temporary_digits);
}

void copy_attributes(int from, int to) {
  struct stat status {};
  if (::fstat(from, &status) != 0)
    throw_errno("stat");
  // The owner first: a change of it takes set-user-ID away.
  const bool is_kept = ::fchown(to, status.st_uid, status.st_gid) == 0;
  if (!is_kept && errno != EPERM)
    throw_errno("chown");
  const mode_t mode = status.st_mode & 07777u;
  // What runs as its owner would run as this process's user now.
  if (::fchmod(to, is_kept ? mode : mode & ~mode_t{S_ISUID | S_ISGID}) != 0)
    throw_errno("chmod");
  const ssize_t size = ::flistxattr(from, nullptr, 0);
  if (size <= 0)
    return;
  std::string names(static_cast<std::size_t>(size), '\0');
  names.resize(
      static_cast<std::size_t>(std::max<ssize_t>(::flistxattr(from, names.data(), names.size()), 0)));
  for (std::size_t begin = 0; begin < names.size();) {
    const std::string name(names.c_str() + begin);
    begin += name.size() + 1;
    std::string value(XATTR_SIZE_MAX, '\0');
    const ssize_t length = ::fgetxattr(from, name.c_str(), value.data(), value.size());
    if (length >= 0)
      (void)::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(length), 0);
  }
}

} // namespace sandboxd::files
