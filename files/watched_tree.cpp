#include "files/watched_tree.hpp"

#include <utility>

namespace sandboxd::files {

void watched_tree::set_root(int root, std::string path) {
  root_ = root;
  nodes_[root].name = std::move(path);
}

bool watched_tree::add(int directory, int parent, const std::string& name) {
  if (nodes_.contains(directory) || !nodes_.contains(parent))
    return false;
  nodes_[directory];
  attach(directory, parent, name);
  return true;
}

std::optional<int> watched_tree::child(int directory, const std::string& name) const {
  const auto parent = nodes_.find(directory);
  if (parent == nodes_.end())
    return std::nullopt;
  const auto found = parent->second.children.find(name);
  return found == parent->second.children.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<int, std::string>> watched_tree::place(int directory) const {
  const auto found = nodes_.find(directory);
  if (found == nodes_.end() || found->second.parent == none)
    return std::nullopt;
  return std::pair(found->second.parent, found->second.name);
}

bool watched_tree::is_at_or_above(int directory, int other) const {
  for (auto at = nodes_.find(other); at != nodes_.end(); at = nodes_.find(at->second.parent))
    if (at->first == directory)
      return true;
  return false;
}

void watched_tree::detach(int directory) {
  node& moved = nodes_.at(directory);
  if (const auto parent = nodes_.find(moved.parent); parent != nodes_.end())
    parent->second.children.erase(moved.name);
  moved.parent = none;
}

void watched_tree::attach(int directory, int parent, const std::string& name) {
  nodes_.at(parent).children[name] = directory;
  nodes_.at(directory).parent = parent;
  nodes_.at(directory).name = name;
}

std::vector<int> watched_tree::remove(int directory) {
  if (!nodes_.contains(directory))
    return {};
  detach(directory);
  std::vector<int> removed{directory};
  for (std::size_t i = 0; i < removed.size(); ++i) {
    for (const auto& [name, child] : nodes_.at(removed[i]).children)
      removed.push_back(child);
    nodes_.erase(removed[i]);
  }
  return removed;
}

std::optional<std::string> watched_tree::path(int directory, std::string_view name) const {
  std::vector<std::string_view> names;
  if (!name.empty())
    names.push_back(name);
  for (int at = directory;;) {
    const auto found = nodes_.find(at);
    if (found == nodes_.end())
      return std::nullopt;
    names.push_back(found->second.name);
    if (at == root_)
      break;
    at = found->second.parent;
  }
  std::string path(names.back());
  for (auto next = names.rbegin() + 1; next != names.rend(); ++next) {
    if (!path.ends_with('/'))
      path += '/';
    path += *next;
  }
  return path;
}

} // namespace sandboxd::files
