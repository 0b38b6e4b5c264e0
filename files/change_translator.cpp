#include "files/change_translator.hpp"

#include <algorithm>
#include <sys/inotify.h>
#include <utility>

namespace sandboxd::files {

namespace {

std::optional<change_type> type_of(std::uint32_t mask) {
  if ((mask & IN_CREATE) != 0)
    return change_type::create;
  if ((mask & IN_MODIFY) != 0)
    return change_type::modify;
  if ((mask & IN_DELETE) != 0)
    return change_type::remove;
  if ((mask & IN_MOVED_FROM) != 0)
    return change_type::move_from;
  if ((mask & IN_MOVED_TO) != 0)
    return change_type::move_to;
  if ((mask & IN_ATTRIB) != 0)
    return change_type::attribute;
  return std::nullopt;
}

} // namespace

change_translator::change_translator(const watch_options& wanted) : wanted_(wanted), filter_(wanted) {}

void change_translator::watch_root(int watch) {
  root_ = watch;
  tree_.set_root(watch, wanted_.path);
}

void change_translator::watch_surroundings(int watch, std::string name, bool is_directory) {
  surroundings_ = watch;
  own_name_ = std::move(name);
  is_file_ = !is_directory;
}

bool change_translator::follow(const directory_to_follow& which, int watch) {
  // It may have been taken for another, which was in its place before and is not new.
  if (tree_.child(which.parent, which.name) == watch)
    return which.is_new && not_new_.erase(watch) > 0;
  if (tree_.is_at_or_above(watch, which.parent))
    return false;
  // One that is known elsewhere has moved, and perhaps from or to where the kernel does not tell of it; or it
  // was taken for another, which then is where it was believed to be.
  if (const auto believed = tree_.place(watch))
    follow_later({believed->first, believed->second, true, false});
  for (const int below : tree_.remove(watch)) {
    told_as_found_.erase(below);
    not_new_.erase(below);
    if (below != watch)
      forgotten_.push_back(below);
  }
  if (const auto replaced = tree_.child(which.parent, which.name))
    forget(*replaced);
  const bool added = tree_.add(watch, which.parent, which.name);
  if (added && !which.is_new)
    not_new_.insert(watch);
  return added;
}

void change_translator::found(const directory_to_follow& which, int watch, const std::string& name,
                              bool is_directory) {
  const auto path = tree_.path(watch, name);
  if (!path || is_temporary_name(name))
    return;
  if (which.is_new) {
    tell(change_type::create, *path, is_directory);
    told_as_found_[watch].insert(name);
  }
  if (is_directory && filter_.looks_into(*path))
    follow_later({watch, name, which.is_new});
}

void change_translator::take(const kernel_event& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0)
    return end_with(queue_overflow());
  if (event.watch == surroundings_)
    return take_of_surroundings(event);
  if (!tree_.contains(event.watch))
    return;
  const bool is_root = event.watch == root_;
  if (is_root && (event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0)
    return end_with({false, "The watched path is gone"});
  if ((event.mask & IN_IGNORED) != 0)
    return forget(event.watch);
  if (!event.name.empty())
    return take_in_directory(event);
  // Of other directories the one they are in tells.
  if (is_root && (event.mask & IN_ATTRIB) != 0)
    tell(change_type::attribute, wanted_.path, true);
}

/// The watched path where it stands.
void change_translator::take_of_surroundings(const kernel_event& event) {
  if ((event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0)
    return end_with({false, "The watched path is gone"});
  if (is_file_ && (event.mask & IN_MOVED_FROM) != 0 && is_temporary_name(event.name))
    departures_[event.cookie].temporary = temporary_use_of(event.name);
  if (event.name != own_name_)
    return;
  if (is_file_ && (event.mask & IN_MOVED_TO) != 0)
    arrived(event, wanted_.path, take_departure(event.cookie));
  else if (is_file_)
    tell_of(event, wanted_.path);
  else if ((event.mask & IN_DELETE) != 0)
    end_with({false, "The watched path was deleted"});
  else if ((event.mask & IN_MOVED_FROM) != 0)
    end_with({false, "The watched path was moved"});
}

void change_translator::take_in_directory(const kernel_event& event) {
  if (const auto use = temporary_use_of(event.name))
    return take_temporary(event, *use);
  const auto path = tree_.path(event.watch, event.name);
  if (!path)
    return; // moved out of the tree
  if ((event.mask & IN_MOVED_TO) != 0)
    return arrived(event, *path, take_departure(event.cookie));
  auto& told = told_as_found_[event.watch];
  const bool told_already = told.erase(std::string(event.name)) > 0 && (event.mask & IN_CREATE) != 0;
  if (told.empty())
    told_as_found_.erase(event.watch);
  if (told_already)
    return;
  tell_of(event, *path);
  keep_tree(event, *path);
}

/// Nobody sees it but where it goes to.
void change_translator::take_temporary(const kernel_event& event, temporary_use use) {
  if ((event.mask & IN_MOVED_FROM) != 0)
    departures_[event.cookie].temporary = use;
  else if ((event.mask & IN_MOVED_TO) != 0)
    if (const auto from = take_departure(event.cookie); from.directory)
      forget(*from.directory);
}

void change_translator::arrived(const kernel_event& event, const std::string& path, const departure& from) {
  const bool is_directory = (event.mask & IN_ISDIR) != 0;
  if (from.temporary == temporary_use::creation)
    tell(change_type::create, path, is_directory);
  if (from.temporary == temporary_use::creation || from.temporary == temporary_use::replacement)
    tell(change_type::modify, path, is_directory);
  else
    tell(change_type::move_to, path, is_directory);
  if (is_directory && wanted_.recursive && event.watch != surroundings_)
    arrived_directory(event.watch, std::string(event.name), path, from);
}

void change_translator::keep_tree(const kernel_event& event, const std::string& path) {
  if (!wanted_.recursive || (event.mask & IN_ISDIR) == 0 || !filter_.looks_into(path))
    return;
  const std::string name(event.name);
  if ((event.mask & IN_CREATE) != 0)
    return follow_later({event.watch, name, true});
  if ((event.mask & (IN_MOVED_FROM | IN_DELETE)) == 0)
    return;
  do_not_follow(event.watch, name);
  const auto gone = tree_.child(event.watch, name);
  if ((event.mask & IN_MOVED_FROM) != 0)
    departed_directory(event.cookie, gone);
  else if (gone)
    forget(*gone);
}

void change_translator::departed_directory(std::uint32_t cookie, std::optional<int> directory) {
  departures_[cookie] = {std::nullopt, directory, !directory}; // without: it moved on before it was followed
  if (directory)
    tree_.detach(*directory);
}

void change_translator::arrived_directory(int parent, const std::string& name, const std::string& path,
                                          const departure& from) {
  if (!filter_.looks_into(path)) {
    if (from.directory)
      forget(*from.directory);
    return;
  }
  if (!from.directory || !tree_.contains(*from.directory) || tree_.path(*from.directory)) {
    // Not one that is known; perhaps it was found in its new place already.
    follow_later({parent, name, from.unknown_inside || new_ones_unwatched_});
    return;
  }
  if (const auto replaced = tree_.child(parent, name))
    forget(*replaced);
  tree_.attach(*from.directory, parent, name);
}

change_translator::departure change_translator::take_departure(std::uint32_t cookie) {
  auto found = departures_.extract(cookie);
  if (!found)
    found = old_departures_.extract(cookie);
  return found ? found.mapped() : departure{};
}

/// The kernel tells the halves of a rename one right after the other, but a reading may end between them.
void change_translator::settle() {
  told_as_found_.clear();
  for (const auto& which : std::exchange(missed_, {}))
    follow_later(which);
  new_ones_unwatched_ = std::any_of(to_follow_.begin(), to_follow_.end(),
                                    [](const auto& entry) { return entry.second.is_new; });
  for (const auto& [cookie, left] : old_departures_)
    if (left.directory && !tree_.path(*left.directory)) // it was not found elsewhere
      forget(*left.directory);
  old_departures_ = std::exchange(departures_, {});
}

void change_translator::follow_later(const directory_to_follow& which) {
  new_ones_unwatched_ |= which.is_new;
  const auto [entry, added] = to_follow_.try_emplace({which.parent, which.name}, which);
  entry->second.is_new |= which.is_new;
  entry->second.is_certain |= which.is_certain;
  if (added)
    order_.emplace_back(which.parent, which.name);
}

std::optional<directory_to_follow> change_translator::next_to_follow() {
  while (!order_.empty()) {
    const auto next = to_follow_.extract(order_.front());
    order_.pop_front();
    if (next)
      return std::move(next.mapped());
  }
  return std::nullopt;
}

void change_translator::try_again(directory_to_follow which) {
  if (which.is_certain)
    missed_.push_back(std::move(which));
}

/// It is no longer where it was to be looked for.
void change_translator::do_not_follow(int parent, const std::string& name) {
  to_follow_.erase({parent, name});
  std::erase_if(missed_, [&](const auto& one) { return one.parent == parent && one.name == name; });
}

std::vector<int> change_translator::take_forgotten() {
  return std::exchange(forgotten_, {});
}

std::vector<watch_change> change_translator::take_changes() {
  return std::exchange(changes_, {});
}

void change_translator::end_with(watch_end how) {
  if (!end_)
    end_ = std::move(how);
}

void change_translator::tell_of(const kernel_event& event, const std::string& path) {
  if (const auto type = type_of(event.mask))
    tell(*type, path, (event.mask & IN_ISDIR) != 0);
}

void change_translator::tell(change_type type, const std::string& path, bool is_directory) {
  if (!end_ && filter_.wants(type, path))
    changes_.push_back({type, path, is_directory, {}});
}

void change_translator::forget(int directory) {
  for (const int gone : tree_.remove(directory)) {
    told_as_found_.erase(gone);
    not_new_.erase(gone);
    forgotten_.push_back(gone);
  }
}

} // namespace sandboxd::files
