#pragma once

#include "files/file_writer.hpp"
#include "files/watch_change.hpp"
#include "files/watch_options.hpp"
#include "files/watched_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sandboxd::files {

/// One event of inotify(7).
struct kernel_event {
  int watch = -1;
  std::uint32_t mask = 0;
  std::uint32_t cookie = 0; ///< the same for both events of one rename
  std::string_view name;    ///< empty when it is about the watched directory itself
};

/// A directory to be watched next.
struct directory_to_follow {
  int parent = -1; ///< the watch of the directory it is in
  std::string name;
  /// Whether what is found in it is news: nobody has been told of it.
  bool is_new = false;
  /// Whether something has told that it is there; else it is looked for once.
  bool is_certain = true;
};

/// Turns what the kernel tells into what clients are told, and says which directories to watch and which no
/// longer. Knows no system calls; whoever uses it opens, watches and scans.
///
/// New directories: first the watch is added (`follow`), then the directory is read (`found`), so that
/// nothing in it is missed; what both tell is told once.
///
/// Files that take their place from a temporary name (`temporary_use_of`) look like what the client did.
class change_translator {
public:
  /// `wanted`: normalized.
  explicit change_translator(const watch_options& wanted);

  /// The watched directory itself; none for a watch of one file.
  void watch_root(int watch);
  /// The directory that the watched path stands in, where it is called `name`: tells of the end of a watched
  /// directory, or all about a watched file.
  void watch_surroundings(int watch, std::string name, bool is_directory);

  /// A directory to be followed is watched now. False when it is not to be read: it is known, or its place is
  /// gone.
  bool follow(const directory_to_follow& which, int watch);
  /// What reading a directory has found, after its watch was added.
  void found(const directory_to_follow& which, int watch, const std::string& name, bool is_directory);

  /// What the kernel tells, in its order.
  void take(const kernel_event& event);
  /// All events have been taken that came before the call of `follow` last; call once after each reading.
  void settle();

  /// A directory to be followed was not where it is believed to be: it, or one above it, is gone or has
  /// moved, which the next events tell.
  void try_again(directory_to_follow which);

  /// The next directory to follow; its path, as clients see it, or nothing when it is gone.
  [[nodiscard]] std::optional<directory_to_follow> next_to_follow();
  [[nodiscard]] bool has_to_follow() const noexcept { return !to_follow_.empty(); }
  [[nodiscard]] std::optional<std::string> path_of(const directory_to_follow& which) const {
    return tree_.path(which.parent, which.name);
  }

  /// Watches to be removed, before another is added: the kernel gives a directory that is watched the same.
  [[nodiscard]] std::vector<int> take_forgotten();
  /// What is to be told.
  [[nodiscard]] std::vector<watch_change> take_changes();
  /// Set when nothing more will be told.
  [[nodiscard]] const std::optional<watch_end>& end() const noexcept { return end_; }
  void end_with(watch_end how);

  [[nodiscard]] std::size_t directories() const noexcept { return tree_.size(); }

private:
  /// What has left its place and may appear in another: the first half of a rename.
  struct departure {
    std::optional<temporary_use> temporary;
    /// A directory's watch.
    std::optional<int> directory;
    /// Whether what is in it has never been looked at.
    bool unknown_inside = false;
  };
  using departures = std::map<std::uint32_t, departure>;

  void take_of_surroundings(const kernel_event& event);
  void take_in_directory(const kernel_event& event);
  void take_temporary(const kernel_event& event, temporary_use use);
  void arrived(const kernel_event& event, const std::string& path, const departure& from);
  void keep_tree(const kernel_event& event, const std::string& path);
  void arrived_directory(int parent, const std::string& name, const std::string& path, const departure& from);
  void departed_directory(std::uint32_t cookie, std::optional<int> directory);
  [[nodiscard]] departure take_departure(std::uint32_t cookie);
  void follow_later(const directory_to_follow& which);
  void do_not_follow(int parent, const std::string& name);
  void tell(change_type type, const std::string& path, bool is_directory);
  void tell_of(const kernel_event& event, const std::string& path);
  void forget(int directory);

  const watch_options wanted_;
  const watch_filter filter_;
  watched_tree tree_;
  int root_ = -1;
  int surroundings_ = -1;
  std::string own_name_;
  bool is_file_ = false;
  /// By parent and name. The order may name what is not to be followed any more.
  std::map<std::pair<int, std::string>, directory_to_follow> to_follow_;
  std::deque<std::pair<int, std::string>> order_;
  std::vector<directory_to_follow> missed_;
  /// Whether a new directory was not watched yet at some time since the last reading: what comes from
  /// somewhere may come from there, where the kernel has told nothing.
  bool new_ones_unwatched_ = false;
  /// Told because they were found; the kernel may tell of them again, until `settle`.
  std::map<int, std::set<std::string, std::less<>>> told_as_found_;
  /// Directories whose content nobody was told of, since it was there before.
  std::unordered_set<int> not_new_;
  departures departures_;
  departures old_departures_;
  std::vector<watch_change> changes_;
  std::vector<int> forgotten_;
  std::optional<watch_end> end_;
};

} // namespace sandboxd::files
