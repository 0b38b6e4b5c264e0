#include "files/file_changes.hpp"

#include "files/staging_directory.hpp"
#include "files/tree_copy.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::files {

namespace {

[[noreturn]] void fail(int reason, const char* what) {
  throw std::system_error(reason, std::generic_category(), what);
}

/// Whether `path` leads to a directory, and which.
std::optional<descriptor> directory_at(const sandbox_root& root, const std::string& path) {
  try {
    return root.open(path, O_PATH | O_DIRECTORY);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory || error.code() == std::errc::not_a_directory)
      return std::nullopt;
    throw;
  }
}

/// Where `from` gets to when it is moved to `to`.
place destination(const sandbox_root& root, const place& from, const std::string& to) {
  if (auto directory = directory_at(root, to))
    return {std::move(*directory), from.name};
  if (to.ends_with('/'))
    fail(ENOTDIR, "move");
  return root.parent_of(to);
}

void rename(const place& from, const place& to) {
  if (::renameat(from.directory.get(), from.name.c_str(), to.directory.get(), to.name.c_str()) != 0)
    throw_errno("move");
}

bool rename_within_file_system(const place& from, const place& to) {
  if (::renameat(from.directory.get(), from.name.c_str(), to.directory.get(), to.name.c_str()) == 0)
    return true;
  if (errno != EXDEV)
    throw_errno("move");
  return false;
}

} // namespace

bool exists(const sandbox_root& root, const std::string& path) {
  try {
    (void)root.open(path, O_PATH);
    return true;
  } catch (const std::system_error& error) {
    const auto& code = error.code();
    if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory ||
        code == std::errc::too_many_symbolic_link_levels || code == std::errc::permission_denied)
      return false;
    throw;
  }
}

void remove_file(const sandbox_root& root, const std::string& path) {
  const place where = root.parent_of(path);
  if (S_ISDIR(status_of(where).st_mode))
    fail(EISDIR, "remove");
  if (path.ends_with('/'))
    fail(ENOTDIR, "remove");
  if (::unlinkat(where.directory.get(), where.name.c_str(), 0) != 0)
    throw_errno("remove");
}

void make_directory(const sandbox_root& root, const std::string& path) {
  const place where = root.parent_of(path);
  if (::mkdirat(where.directory.get(), where.name.c_str(), 0777) != 0)
    throw_errno("mkdir");
}

void move_file(const sandbox_root& root, const std::string& from, const std::string& to) {
  const place source = root.parent_of(from);
  root.refuse_to_move(source);
  if (from.ends_with('/') && !S_ISDIR(status_of(source).st_mode))
    fail(ENOTDIR, "move");
  const place target = destination(root, source, to);
  root.refuse_to_move(target);
  if (rename_within_file_system(source, target))
    return;
  {
    const staging_directory staging(target.directory);
    if (staging.is_private())
      copy_tree(source, staging.inside());
    else
      copy_regular_file(source, staging.inside());
    rename(staging.inside(), target);
  }
  remove_tree(source);
}

} // namespace sandboxd::files
