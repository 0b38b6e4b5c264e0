#include "files/directory_reader.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <utility>

namespace sandboxd::files {

std::vector<std::string> names_in(int directory) {
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
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr)
      break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      names.emplace_back(name);
  }
  if (errno != 0)
    throw_errno("readdir");
  return names;
}

descriptor duplicate(int opened) {
  descriptor copy(::fcntl(opened, F_DUPFD_CLOEXEC, 0));
  if (!copy)
    throw_errno("dup");
  return copy;
}

} // namespace sandboxd::files
