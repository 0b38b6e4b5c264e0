#include "files/sandbox_root.hpp"

#include "launcher/path_in_root.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::files {

namespace {

/// As many links as Linux follows in one path (MAXSYMLINKS).
constexpr int most_links = 40;

/// openat2(2) gives EAGAIN when something was renamed while it looked at a "..": every rename on the machine
/// counts.
constexpr int most_tries = 200;

descriptor open_in_root(int directory, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < most_tries; ++tries) {
    descriptor opened(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))));
    if (opened)
      return opened;
    if (errno != EAGAIN && errno != EINTR)
      break;
  }
  throw_errno("open");
}

[[noreturn]] void refuse() {
  throw std::system_error(EACCES, std::generic_category(), "hidden");
}

std::string link_text(const place& where) {
  std::array<char, 4096> buffer; // PATH_MAX, its NUL counted
  const ssize_t length =
      ::readlinkat(where.directory.get(), where.name.c_str(), buffer.data(), buffer.size());
  if (length < 0)
    throw_errno("readlink");
  return {buffer.data(), static_cast<std::size_t>(length)};
}

/// A path cut at its last component.
struct cut_path {
  std::string directory;
  std::string name;
};

cut_path cut(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return {".", std::move(path)};
  return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1)};
}

} // namespace

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return directory == "/" ||
         (path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'));
}

void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sandbox_root::sandbox_root(std::shared_ptr<const descriptor> root, std::vector<std::string> hidden)
    : root_(std::move(root)), hidden_(std::move(hidden)) {}

std::string sandbox_root::path_of(int opened) const {
  auto path = launcher::path_in_root(root_->get(), fmt::format("/proc/self/fd/{}", opened));
  if (!path)
    throw_errno("readlink");
  return *std::move(path);
}

std::string sandbox_root::full_path(const place& where) const {
  const std::string directory = path_of(where.directory.get());
  return (directory == "/" ? directory : directory + '/') + where.name;
}

bool sandbox_root::hides(int opened) const {
  return !hidden_.empty() && is_hidden(path_of(opened));
}

bool sandbox_root::is_hidden(const std::string& path) const {
  return std::any_of(hidden_.begin(), hidden_.end(),
                     [&](const std::string& one) { return is_at_or_below(path, one); });
}

descriptor sandbox_root::open(const std::string& path, int flags) const {
  descriptor found = open_in_root(root_->get(), path, O_PATH | (flags & (O_NOFOLLOW | O_DIRECTORY)));
  if (hides(found.get()))
    refuse();
  if ((flags & O_PATH) != 0)
    return found;
  // By the descriptor, so that what was looked at is what is opened.
  descriptor opened(
      ::open(fmt::format("/proc/self/fd/{}", found.get()).c_str(), (flags & ~O_NOFOLLOW) | O_CLOEXEC));
  if (!opened)
    throw_errno("open");
  return opened;
}

descriptor sandbox_root::open_regular(const std::string& path) const {
  const descriptor found = open(path, O_PATH);
  struct stat status {};
  if (::fstat(found.get(), &status) != 0)
    throw_errno("stat");
  if (!S_ISREG(status.st_mode))
    throw std::system_error(S_ISDIR(status.st_mode) ? EISDIR : EINVAL, std::generic_category(), "open");
  descriptor opened(::open(fmt::format("/proc/self/fd/{}", found.get()).c_str(),
                           O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened)
    throw_errno("open");
  return opened;
}

place sandbox_root::parent_of(const std::string& path) const {
  auto [directory, name] = cut(path);
  if (name.empty() || name == "." || name == "..")
    throw std::system_error(EBUSY, std::generic_category(), "open");
  place where{open_in_root(root_->get(), directory, O_PATH | O_DIRECTORY), std::move(name)};
  // The directory may be hidden, or the name itself.
  if (!hidden_.empty() && is_hidden(full_path(where)))
    refuse();
  return where;
}

void sandbox_root::refuse_to_move(const place& where) const {
  if (hidden_.empty())
    return;
  const std::string path = full_path(where);
  const auto is_held = [&](const std::string& one) { return is_at_or_below(one, path); };
  if (std::any_of(hidden_.begin(), hidden_.end(), is_held))
    refuse();
}

place sandbox_root::target_of(const std::string& path) const {
  std::string next = path;
  for (int links = 0; links < most_links; ++links) {
    place where = parent_of(next);
    struct stat status {};
    if (::fstatat(where.directory.get(), where.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT)
        return where;
      throw_errno("stat");
    }
    if (!S_ISLNK(status.st_mode))
      return where;
    // A link counts from the directory it stands in.
    const std::string target = link_text(where);
    next = target.starts_with('/') ? target : fmt::format("{}/{}", cut(next).directory, target);
  }
  throw std::system_error(ELOOP, std::generic_category(), "open");
}

struct stat status_of(const place& where) {
  struct stat status {};
  if (::fstatat(where.directory.get(), where.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("stat");
  return status;
}

std::string absolute_path(std::string_view directory, std::string_view path) {
  const auto whole = (std::filesystem::path(directory) / path).lexically_normal().string();
  const auto last = whole.find_last_not_of('/'); // libstdc++ leaves "//" as it is
  return last == std::string::npos ? "/" : whole.substr(0, last + 1);
}

} // namespace sandboxd::files
