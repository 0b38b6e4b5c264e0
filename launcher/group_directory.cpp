#include "launcher/group_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

constexpr mode_t for_everybody_to_see = 0755;

} // namespace

bool group_parent::has(std::string_view controller) const {
  return std::ranges::find(controllers, controller) != controllers.end();
}

group_parent duplicate(const group_parent& one) {
  descriptor copy(::fcntl(one.directory.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy)
    throw std::system_error(errno, std::generic_category(), "dup");
  return {std::move(copy), one.is_version_2, one.controllers};
}

std::uint64_t read_out_of_memory_kills(const descriptor& memory_events) {
  std::array<char, 512> text{};
  const auto count = memory_events ? ::pread(memory_events.get(), text.data(), text.size(), 0) : 0;
  return out_of_memory_kills({text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
}

descriptor open_group(int parent, const std::string& name) {
  return descriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

int make_group(int parent, const std::string& name, descriptor& made) {
  if (::mkdirat(parent, name.c_str(), for_everybody_to_see) != 0)
    return errno;
  made = open_group(parent, name);
  if (made)
    return 0;
  const int error = errno;
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
  return error;
}

int write_group_file(int directory, std::string_view name, std::string_view text) {
  const descriptor file(::openat(directory, std::string(name).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file)
    return errno;
  const auto written = ::write(file.get(), text.data(), text.size());
  return written < 0 ? errno : written == static_cast<ssize_t>(text.size()) ? 0 : EIO;
}

int limit_group(int directory, const group_parent& hierarchy, const group_limits& limits) {
  for (const auto& file : files_of(limits, hierarchy.is_version_2)) {
    if (!hierarchy.has(file.controller))
      continue;
    const int error = write_group_file(directory, file.name, file.text);
    if (error != 0 && !(file.is_optional && error == ENOENT))
      return error;
  }
  return 0;
}

void kill_group(int directory) {
  write_group_file(directory, "cgroup.kill", "1");
}

int remove_group(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT)
    return 0;
  if (const auto directory = open_group(parent, name))
    for (const auto& inner : groups_in(directory.get()))
      if (const int error = remove_group(directory.get(), inner); error != 0)
        return error;
  return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

std::vector<std::string> groups_in(int directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(open_group(directory, ".").release()),
                                                    ::closedir);
  if (!entries)
    return names;
  while (const auto* entry = ::readdir(entries.get()))
    if (const std::string_view name = entry->d_name; entry->d_type == DT_DIR && name != "." && name != "..")
      names.emplace_back(name);
  return names;
}

} // namespace sandboxd::launcher
