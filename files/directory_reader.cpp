#include "files/directory_reader.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace sandboxd::files {

namespace {

bool is_directory(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) // some file systems do not tell
    return entry.d_type == DT_DIR;
  struct stat status {};
  return ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

} // namespace

void visit_names(int directory, const std::function<bool(std::string name, bool is_directory)>& visit) {
  struct closer {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  // One of its own: reading moves the position that duplicates share.
  descriptor own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own)
    throw_errno("open");
  const std::unique_ptr<DIR, closer> stream(::fdopendir(own.get()));
  if (!stream)
    throw_errno("open");
  (void)own.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr)
      break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !visit(std::string(name), is_directory(directory, *entry)))
      return;
  }
  if (errno != 0)
    throw_errno("readdir");
}

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  visit_names(directory, [&](std::string name, bool) {
    names.push_back(std::move(name));
    return true;
  });
  return names;
}

descriptor duplicate(int opened) {
  descriptor copy(::fcntl(opened, F_DUPFD_CLOEXEC, 0));
  if (!copy)
    throw_errno("dup");
  return copy;
}

} // namespace sandboxd::files
