#include "launcher/leaf_groups.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

std::vector<std::string> left_by_others(const group_parent& parent, const std::string& prefix) {
  auto names = groups_in(parent.directory.get());
  std::erase_if(names, [&prefix](const std::string& name) {
    const bool is_ours = name.size() > prefix.size() && name.starts_with(prefix) &&
                         name[prefix.size()] >= '0' && name[prefix.size()] <= '9';
    return !is_ours;
  });
  return names;
}

} // namespace

leaf_groups::leaf_groups(std::vector<group_parent> parents, const group_limits& limits, std::string prefix)
    : parents_(std::move(parents)), limits_(limits), prefix_(std::move(prefix)),
      left_(left_by_others(parents_.front(), prefix_)) {}

std::optional<leaf_group> leaf_groups::make(bool is_limited, int& error) {
  if (is_limited && prepared_)
    return std::exchange(prepared_, std::nullopt);
  return make_now(is_limited, error);
}

void leaf_groups::prepare() {
  int error = 0; // the next `make` tells it
  if (!prepared_)
    prepared_ = make_now(true, error);
}

/// Another spawner before this one may have had the same number of a process.
std::optional<leaf_group> leaf_groups::make_now(bool is_limited, int& error) {
  leaf_group leaf;
  error = 0;
  do {
    if (error != 0)
      release(leaf.name);
    leaf = {};
    leaf.name = prefix_ + std::to_string(::getpid()) + '.' + std::to_string(++last_number_);
    error = 0;
    for (const auto& parent : parents_)
      if (error == 0)
        error = make_in(parent, is_limited, leaf);
  } while (error == EEXIST);
  if (error == 0)
    return leaf;
  release(leaf.name);
  return std::nullopt;
}

int leaf_groups::make_in(const group_parent& parent, bool is_limited, leaf_group& leaf) const {
  descriptor made;
  int error = make_group(parent.directory.get(), leaf.name, made);
  if (error == 0 && is_limited)
    error = limit_group(made.get(), parent, limits_);
  if (error != 0)
    return error;
  if (parent.has("memory"))
    leaf.memory_events.reset(::openat(
        made.get(), std::string(memory_events_file(parent.is_version_2)).c_str(), O_RDONLY | O_CLOEXEC));
  if (parent.is_version_2)
    leaf.directory = std::move(made);
  else
    leaf.entrances.emplace_back(::openat(made.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  return parent.is_version_2 || leaf.entrances.back() ? 0 : errno;
}

void leaf_groups::release(std::string name) {
  if (remove(name))
    return;
  kill(name);
  left_.push_back(std::move(name));
}

void leaf_groups::kill(const std::string& name) const {
  if (const auto directory = open_group(parents_.front().directory.get(), name))
    kill_group(directory.get());
}

void leaf_groups::sweep() {
  std::erase_if(left_, [this](const std::string& name) { return remove(name); });
}

/// Who is in one of the others is, and was before, in that of version 2.
bool leaf_groups::remove(const std::string& name) const {
  return std::ranges::all_of(parents_, [&](const group_parent& parent) {
    return ::unlinkat(parent.directory.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT;
  });
}

int enter(std::span<const descriptor> entrances, pid_t who) {
  const auto number = std::to_string(who);
  for (const auto& entrance : entrances)
    if (::write(entrance.get(), number.data(), number.size()) < 0)
      return errno;
  return 0;
}

} // namespace sandboxd::launcher
