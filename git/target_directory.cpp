#include "git/target_directory.hpp"

#include "git/library_error.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace sandboxd::git {

namespace fs = std::filesystem;

target_directory::target_directory(std::string path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path_, ignored)))
    return;
  before_ = fs::is_directory(path_, ignored) && fs::is_empty(path_, ignored) && !ignored
                ? kind::empty_directory
                : kind::other;
}

std::optional<clone_result> target_directory::obstacle() const {
  if (before_ != kind::other)
    return std::nullopt;
  return fatal_result(
      fmt::format("fatal: destination path '{}' already exists and is not an empty directory.\n", path_),
      "directory_exists");
}

void target_directory::clean_up() const {
  std::error_code ignored;
  if (before_ == kind::missing)
    fs::remove_all(path_, ignored);
  if (before_ == kind::empty_directory)
    for (const auto& entry : fs::directory_iterator(path_, ignored))
      fs::remove_all(entry.path(), ignored);
}

} // namespace sandboxd::git
