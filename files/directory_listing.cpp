#include "files/directory_listing.hpp"

#include "files/directory_reader.hpp"
#include "files/file_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace sandboxd::files {

namespace {

constexpr int deepest = 1000;

file_type type_of(mode_t mode) {
  if (S_ISREG(mode))
    return file_type::file;
  if (S_ISDIR(mode))
    return file_type::directory;
  return S_ISLNK(mode) ? file_type::symlink : file_type::other;
}

/// The nearest that the clock can count (1677 to 2262): a file may claim any.
std::chrono::system_clock::time_point time_of(const timespec& time) {
  using clock = std::chrono::system_clock;
  using std::chrono::seconds;
  constexpr auto first = std::chrono::ceil<seconds>(clock::duration::min());
  constexpr auto last = std::chrono::floor<seconds>(clock::duration::max()) - seconds(1);
  return clock::time_point(std::clamp(seconds(time.tv_sec), first, last) +
                           std::chrono::nanoseconds(time.tv_nsec));
}

directory_entry entry_of(std::string relative_path, const struct stat& status) {
  return {std::move(relative_path), static_cast<std::uint64_t>(status.st_size), time_of(status.st_mtim),
          type_of(status.st_mode), static_cast<std::uint16_t>(status.st_mode & 07777)};
}

/// Lists one tree.
class lister {
public:
  lister(const sandbox_root& root, const listing_options& options, std::vector<directory_entry>& entries)
      : root_(root), options_(options), entries_(entries) {}

  void list(int directory, const std::string& prefix, int depth) {
    if (depth >= deepest)
      throw std::system_error(ELOOP, std::generic_category(), "list");
    for (const auto& name : names_in(directory)) {
      if (is_temporary_name(name) || (name.starts_with('.') && !options_.include_hidden))
        continue;
      struct stat status {};
      if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue; // gone meanwhile
      if (entries_.size() >= options_.max_entries)
        throw std::system_error(EFBIG, std::generic_category(), "list");
      entries_.push_back(entry_of(prefix + name, status));
      if (options_.recursive && S_ISDIR(status.st_mode))
        enter(directory, name, prefix, depth);
    }
  }

private:
  void enter(int directory, const std::string& name, const std::string& prefix, int depth) {
    const descriptor below(
        ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below && !root_.hides(below.get()))
      list(below.get(), prefix + name + '/', depth + 1);
    else if (!below && (errno == EMFILE || errno == ENFILE))
      throw_errno("open");
  }

  const sandbox_root& root_;
  const listing_options& options_;
  std::vector<directory_entry>& entries_;
};

} // namespace

std::string_view directory_entry::name() const {
  return std::string_view(relative_path).substr(relative_path.rfind('/') + 1); // npos + 1 is 0
}

std::vector<directory_entry> list_directory(const sandbox_root& root, const std::string& path,
                                            const listing_options& options) {
  std::vector<directory_entry> entries;
  if (options.lists_files) {
    const descriptor file = root.open(path, O_PATH);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
      throw_errno("stat");
    if (!S_ISDIR(status.st_mode))
      return {entry_of(path.substr(path.rfind('/') + 1), status)};
  }
  const descriptor directory = root.open(path, O_RDONLY | O_DIRECTORY);
  if (options.lists_dots)
    for (const char* const name : {".", ".."})
      if (struct stat status{}; ::fstatat(directory.get(), name, &status, 0) == 0)
        entries.push_back(entry_of(name, status));
  lister(root, options, entries).list(directory.get(), "", 0);
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.relative_path < right.relative_path; });
  return entries;
}

} // namespace sandboxd::files
