#include "git/target_directory.hpp"

#include "git/library_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::git {

namespace fs = std::filesystem;

target_directory::target_directory(std::string path) : path_(std::move(path)), kind_(claim()) {}

target_directory::~target_directory() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

target_directory::kind target_directory::claim() {
  std::error_code ignored;
  if (const auto parent = fs::path(path_).parent_path(); !parent.empty())
    fs::create_directories(parent, ignored);
  const bool is_made = ::mkdir(path_.c_str(), 0777) == 0;
  if (!is_made && errno != EEXIST)
    return kind::unknown;
  // Whoever comes in between and takes the new directory for an empty one has it.
  const bool is_ours = lock() && fs::is_empty(path_, ignored) && !ignored;
  if (!is_ours)
    return kind::other;
  return is_made ? kind::made : kind::empty_directory;
}

/// Against other clones. The lock ends with this process.
bool target_directory::lock() {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

std::optional<clone_result> target_directory::obstacle() const {
  if (kind_ != kind::other)
    return std::nullopt;
  return fatal_result(
      fmt::format("fatal: destination path '{}' already exists and is not an empty directory.\n", path_),
      "directory_exists");
}

void target_directory::clean_up() const {
  std::error_code ignored;
  if (kind_ == kind::made)
    fs::remove_all(path_, ignored);
  if (kind_ == kind::empty_directory)
    for (const auto& entry : fs::directory_iterator(path_, ignored))
      fs::remove_all(entry.path(), ignored);
}

} // namespace sandboxd::git
