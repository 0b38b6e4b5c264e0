#pragma once

#include "files/change_translator.hpp"
#include "files/sandbox_root.hpp"
#include "files/watch_change.hpp"
#include "files/watch_options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sandboxd::files {

/// The path to be watched leads out of the workspace.
class outside_workspace : public std::runtime_error {
public:
  explicit outside_workspace(std::string leads_to)
      : std::runtime_error("outside of the workspace"), path(std::move(leads_to)) {}
  const std::string path; ///< where it leads to
};

/// Where watches may look, and how far.
struct watch_bounds {
  std::string workspace; ///< absolute
  std::size_t max_directories = 0;
};

/// What one turn of a watch has found.
struct watch_turn {
  std::vector<watch_change> changes;
  /// Directories wait for another turn; before the first turn without, the watch is not complete.
  bool more = false;
  /// The last turn.
  std::optional<watch_end> end;
  std::size_t directories = 0; ///< watched now
};

/// A directory, with all below it when it is to be recursive, or a single file, watched by inotify(7). No
/// symbolic link below it is followed; one on the way to it may not lead out of the workspace.
///
/// A file is watched by way of its directory, so that it may be replaced, removed and made again. A directory
/// that was removed or moved ends the watch.
///
/// Takes two descriptors, and one of the kernel's watches for each directory. Not thread-safe; destroying it
/// may take tens of milliseconds.
class directory_watch {
public:
  /// Opens what `wanted` (normalized) names; the watches are added by the first turns. Throws
  /// `outside_workspace`, std::system_error: ENOENT and ENOTDIR for the path, EACCES for one that is hidden,
  /// EMFILE and ENFILE when the machine's or the user's limit of inotify instances or descriptors is reached.
  directory_watch(const sandbox_root& root, const watch_options& wanted, watch_bounds bounds);

  /// Takes what the kernel has told by now, and adds and reads some hundred directories at most. Throws
  /// std::system_error when the file system fails.
  [[nodiscard]] watch_turn turn();

  /// Readable when there is something for `turn`.
  [[nodiscard]] int events() const noexcept { return events_.get(); }

private:
  void watch_file(const std::string& workspace);
  void watch_directory(descriptor opened, const std::string& real_path);
  void take_events();
  void remove_forgotten();
  void follow(const directory_to_follow& which);
  void read_directory(int opened, const directory_to_follow& which, int watch);
  [[nodiscard]] descriptor open_below(const std::string& path) const;
  [[nodiscard]] int add_watch(int opened, std::uint32_t mask);
  [[nodiscard]] bool is_where_it_was() const;

  const sandbox_root root_;
  const watch_options wanted_;
  const watch_bounds bounds_;
  change_translator translator_;
  descriptor events_;
  /// The watched directory, and its path when the watch began; none for a watch of a file.
  descriptor directory_;
  std::string real_path_;
  std::uint32_t mask_ = 0;
  std::string buffer_;
};

} // namespace sandboxd::files
