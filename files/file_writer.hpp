#pragma once

#include "files/sandbox_root.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::files {

/// Writes a whole file; missing directories above it are made. Whoever reads it meanwhile sees the old
/// content or the new one, and what fails leaves the old one (a full disk: ENOSPC), where that can be:
///
/// - A new file appears with all its content (mode 0644 less the umask).
/// - An old one with one name and nothing mounted on it is replaced; mode, owner and extended attributes are
/// kept.
/// - One that must stay the same file (further names, a mount) is written in place, after room for it was
/// made.
///
/// A symbolic link is followed to its end. A directory is EISDIR; a device, FIFO or socket is EINVAL.
///
/// Returns the file that was replaced, if one was. Its blocks are freed when the descriptor is closed, which
/// may wait for the disk (ext4 mounted with `discard`): close it when the writer has its answer.
descriptor write_file(const sandbox_root& root, const std::string& path, std::string_view content);

/// Makes a directory and, as `mkdir -p`, those above it that are missing; one that is there is no error,
/// anything else in its place is (EEXIST, ENOTDIR).
void make_directories(const sandbox_root& root, const std::string& path);

/// Why something has a temporary name, which the name tells: a watch sees it take its place.
enum class temporary_use : std::uint8_t {
  creation,    ///< a new file: `.sandboxd-new-` and 16 hexadecimal digits
  replacement, ///< an old file's new content: `.sandboxd-`, as above
  move,        ///< what comes from another file system: `.sandboxd-move-`, as above
};

/// What a temporary name is used for; nothing when it is not one. Neither listings nor watches show them.
[[nodiscard]] std::optional<temporary_use> temporary_use_of(std::string_view name);
[[nodiscard]] inline bool is_temporary_name(std::string_view name) {
  return temporary_use_of(name).has_value();
}

/// A name that nothing in its directory has.
[[nodiscard]] std::string new_temporary_name(temporary_use use);

/// Copies owner, mode and extended attributes (access lists among them) from one open file to another.
/// Attributes that the target's file system does not take are left out.
void copy_attributes(int from, int to);

} // namespace sandboxd::files
