#pragma once

#include "files/sandbox_root.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace sandboxd::files {

/// What kind of file it is (HTTP.md 6.3).
struct file_description {
  std::uint64_t size = 0; ///< bytes; what the kernel says, so 0 for its own files (/proc, /sys)
  std::string mime_type;
  /// Whether it is text by its type, and UTF-8 as far as it was looked at.
  bool is_text = false;
};

/// A regular file open for reading. Not thread-safe, but may go from thread to thread.
class file_reader {
public:
  /// Errors: those of `sandbox_root::open_regular`.
  file_reader(const sandbox_root& root, const std::string& path);

  /// Size as of now, in bytes.
  [[nodiscard]] std::uint64_t size() const;

  /// Looks at the file from its beginning: `checked` bytes at most to find out whether it is UTF-8, all of a
  /// file of at most `checked_whole`. Reading then goes on where it was.
  [[nodiscard]] file_description describe(std::uint64_t checked, std::uint64_t checked_whole) const;

  /// The next bytes, `most` or as many as there are; empty at the end of the file.
  [[nodiscard]] std::string read(std::size_t most);

private:
  [[nodiscard]] std::string read_at(std::uint64_t offset, std::size_t most) const;

  std::string path_;
  descriptor file_;
  std::uint64_t position_ = 0;
};

/// All of a file.
struct file_content {
  file_description description;
  std::string bytes;
  bool is_utf8 = false;
  /// More than was allowed: `bytes` is empty, `description.size` tells the size.
  bool too_large = false;
};

/// Reads a file of at most `most` bytes. Errors: those of `file_reader`.
[[nodiscard]] file_content read_file(const sandbox_root& root, const std::string& path, std::size_t most);

} // namespace sandboxd::files
