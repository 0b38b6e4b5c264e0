#include "files/staging_directory.hpp"

#include "files/file_writer.hpp"
#include "files/tree_copy.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::files {

staging_directory::staging_directory(const descriptor& beside)
    : beside_(beside), name_(new_temporary_name(temporary_use::move)) {
  inside_.name = new_temporary_name(temporary_use::move);
  if (::mkdirat(beside.get(), name_.c_str(), S_IRWXU) != 0)
    throw_errno("mkdir");
  inside_.directory.reset(
      ::openat(beside.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!inside_.directory || ::fstat(inside_.directory.get(), &status) != 0) {
    const int reason = errno;
    ::unlinkat(beside.get(), name_.c_str(), AT_REMOVEDIR);
    throw std::system_error(reason, std::generic_category(), "open");
  }
  is_private_ = status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

staging_directory::~staging_directory() {
  try {
    if (is_private_) // else the tree could be one that somebody has put there
      remove_tree(inside_);
    else
      ::unlinkat(inside_.directory.get(), inside_.name.c_str(), 0);
  } catch (const std::system_error&) { // as little as it can be told of what `remove_tree` is called for
  }
  ::unlinkat(beside_.get(), name_.c_str(), AT_REMOVEDIR);
}

} // namespace sandboxd::files
