#pragma once

#include "launcher/descriptor.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

/// Files of a sandbox, by native calls that never leave the sandbox's root. Everything here may block: pools
/// of workers call it, never an actor's scheduler or an I/O thread. What fails throws std::system_error with
/// the errno that HTTP.md 3.2 maps.
namespace sandboxd::files {

using launcher::descriptor;

/// Where a path leads: a name in a directory. What the name stands for has not been looked at.
struct place {
  descriptor directory; ///< O_PATH
  std::string name;     ///< one component, never empty, "." or ".."
};

/// The directory that is `/` to a sandbox. Thread-safe.
///
/// Paths are taken below it whatever symbolic links or `..` they hold: links are followed as the sandbox sees
/// them, and links of the kernel's own that lead anywhere (/proc/<pid>/root, cwd, exe, fd) are refused
/// (ELOOP). Where it is the machine's own root, that alone protects nothing: the hidden paths do.
class sandbox_root {
public:
  /// `root`: an O_PATH descriptor. `hidden`: absolute paths from it, with no link in them, that nothing
  /// opens: neither they nor what is in them (EACCES).
  sandbox_root(std::shared_ptr<const descriptor> root, std::vector<std::string> hidden);

  /// Opens a path, which counts from the root. `flags` as for open(2), O_CLOEXEC is added; without O_CREAT.
  [[nodiscard]] descriptor open(const std::string& path, int flags) const;

  /// Opens a regular file for reading. A directory is EISDIR; a device, FIFO or socket is EINVAL and is never
  /// opened. Where reading would wait (some files of the kernel), read(2) gives EAGAIN.
  [[nodiscard]] descriptor open_regular(const std::string& path) const;

  /// The place a path names; the last component is not followed. EBUSY for the root itself and for a path
  /// that ends in "." or "..".
  [[nodiscard]] place parent_of(const std::string& path) const;

  /// The place where a file written at `path` ends up, whether there is one or not: symbolic links are
  /// followed to their end, dangling ones too.
  [[nodiscard]] place target_of(const std::string& path) const;

  /// The path from the root of an open file, as the kernel knows it; it tells no lies about links, as they
  /// are resolved.
  [[nodiscard]] std::string path_of(int opened) const;

  /// Whether an open file is hidden, or in what is.
  [[nodiscard]] bool hides(int opened) const;

  /// Refuses (EACCES) to give a place another name that is, or holds, something hidden.
  void refuse_to_move(const place& where) const;

private:
  [[nodiscard]] bool is_hidden(const std::string& path) const;
  [[nodiscard]] std::string full_path(const place& where) const;

  std::shared_ptr<const descriptor> root_;
  std::vector<std::string> hidden_;
};

/// What `name` stands for in the directory; a symbolic link stands for itself. ENOENT when there is nothing.
[[nodiscard]] struct stat status_of(const place& where);

/// A path from the root: `path` itself when it is absolute, else below `directory`; "." and ".." are taken
/// out by the text alone, as is what comes twice of '/'. For answers that show a path, not for opening it.
[[nodiscard]] std::string absolute_path(std::string_view directory, std::string_view path);

/// Whether `path` is `directory` or lies in it; both absolute and free of links.
[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view directory);

/// Fails with the errno of the last call.
[[noreturn]] void throw_errno(const char* what);

} // namespace sandboxd::files
