#include "launcher/group_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

constexpr mode_t for_everybody_to_see = 0755;

int open_directory(int parent, const char* name) {
  return ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

} // namespace

int make_group(int parent, const std::string& name, descriptor& made) {
  if (::mkdirat(parent, name.c_str(), for_everybody_to_see) != 0)
    return errno;
  made.reset(open_directory(parent, name.c_str()));
  if (made)
    return 0;
  const int error = errno;
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
  return error;
}

int write_group_file(int directory, std::string_view name, std::string_view text) {
  const descriptor file(::openat(directory, std::string(name).c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                                    : errno;
}

int limit_group(int directory, const group_parent& hierarchy, const group_limits& limits) {
  for (const auto& file : files_of(limits, hierarchy.is_version_2)) {
    if (std::ranges::find(hierarchy.controllers, file.controller) == hierarchy.controllers.end())
      continue;
    const int error = write_group_file(directory, file.name, file.text);
    if (error != 0 && !(file.is_optional && error == ENOENT))
      return error;
  }
  return 0;
}

int remove_group(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT)
    return 0;
  if (const descriptor directory(open_directory(parent, name.c_str())); directory)
    for (const auto& inner : groups_in(directory.get()))
      if (const int error = remove_group(directory.get(), inner); error != 0)
        return error;
  return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

std::vector<std::string> groups_in(int directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(open_directory(directory, ".")), ::closedir);
  if (!entries)
    return names;
  while (const auto* entry = ::readdir(entries.get()))
    if (const std::string_view name = entry->d_name; entry->d_type == DT_DIR && name != "." && name != "..")
      names.emplace_back(name);
  return names;
}

} // namespace sandboxd::launcher
