#pragma once

#include "files/sandbox_root.hpp"

#include <string>

namespace sandboxd::files {

/// Whether a path leads to something; links are followed, as by test(1) -e. Nothing that hides it is an
/// error.
[[nodiscard]] bool exists(const sandbox_root& root, const std::string& path);

/// Removes a name that is no directory (EISDIR), a symbolic link itself.
void remove_file(const sandbox_root& root, const std::string& path);

/// Makes one directory; EEXIST, ENOENT as mkdir(2).
void make_directory(const sandbox_root& root, const std::string& path);

/// Moves as mv(1) does: into `to` when that is a directory, over it when it is a file. Across file systems
/// everything is copied (modes, owners, times, extended attributes, links as links) under a temporary name
/// and then takes its place, before the source is removed. A directory cannot be moved into itself (EINVAL),
/// nor over a file (ENOTDIR).
void move_file(const sandbox_root& root, const std::string& from, const std::string& to);

} // namespace sandboxd::files
