#pragma once

#include "files/sandbox_root.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::files {

enum class file_type : std::uint8_t { file, directory, symlink, other };

/// One entry, as lstat(2) tells it.
struct directory_entry {
  /// Below the listed directory, without a leading "./".
  std::string relative_path;
  std::uint64_t size = 0; ///< bytes
  std::chrono::system_clock::time_point modified_at;
  file_type type = file_type::other;
  std::uint16_t mode = 0; ///< permission bits, set-ID and sticky bits (07777)

  /// The last component of its path.
  [[nodiscard]] std::string_view name() const;
};

struct listing_options {
  bool recursive = false;
  /// Also what begins with a dot. Otherwise hidden directories are not entered either.
  bool include_hidden = false;
  std::size_t max_entries = 1'000'000;
  /// Whether the directory itself and the one above it are listed, as `.` and `..`.
  bool lists_dots = false;
  /// Whether a path that is no directory is listed itself, as ls(1) does, instead of refused.
  bool lists_files = false;
};

/// What is in a directory, sorted by the bytes of the relative path. Symbolic links are not followed,
/// directories that are out of sight (no permission, gone meanwhile) are listed but not entered. Errors:
/// ENOENT, ENOTDIR, EFBIG for more than `max_entries`, ELOOP for trees deeper than 1000 levels.
[[nodiscard]] std::vector<directory_entry> list_directory(const sandbox_root& root, const std::string& path,
                                                          const listing_options& options);

} // namespace sandboxd::files
