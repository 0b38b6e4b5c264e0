#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sandboxd::files {

/// The directories of one watch by the numbers the kernel gives their watches (`wd` of inotify(7), never
/// below zero), and how they lie in each other. A directory that moves takes all below it along.
class watched_tree {
public:
  /// The directory everything lies in; `path` is what it is called.
  void set_root(int root, std::string path);

  /// Adds a directory. False when it is known already, or its parent is not.
  bool add(int directory, int parent, const std::string& name);

  [[nodiscard]] bool contains(int directory) const { return nodes_.contains(directory); }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  [[nodiscard]] std::optional<int> child(int directory, const std::string& name) const;

  /// Where a directory is: the one it is in, and its name there. Nothing when it is in none.
  [[nodiscard]] std::optional<std::pair<int, std::string>> place(int directory) const;

  /// Whether `other` is the directory or lies in it.
  [[nodiscard]] bool is_at_or_above(int directory, int other) const;

  /// Takes a directory, with all below it, out of the tree, but keeps it; `attach` gives it a place again.
  void detach(int directory);
  void attach(int directory, int parent, const std::string& name);

  /// Forgets a directory and all below it; returns them all.
  std::vector<int> remove(int directory);

  /// What something in a directory is called: its path, or nothing when the directory is in no tree.
  [[nodiscard]] std::optional<std::string> path(int directory, std::string_view name = {}) const;

private:
  struct node {
    int parent = none;
    std::string name;
    std::map<std::string, int> children;
  };
  static constexpr int none = -1;

  int root_ = none;
  std::unordered_map<int, node> nodes_;
};

} // namespace sandboxd::files
