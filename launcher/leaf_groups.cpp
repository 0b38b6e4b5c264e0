#include "launcher/leaf_groups.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

bool limits_memory(const group_parent& parent) {
  return std::ranges::find(parent.controllers, "memory") != parent.controllers.end();
}

} // namespace

leaf_groups::leaf_groups(std::vector<group_parent> parents, const group_limits& limits)
    : parents_(std::move(parents)), limits_(limits), left_(groups_in(parents_.front().directory.get())) {}

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
  do {
    leaf = {};
    leaf.name = std::to_string(::getpid()) + '.' + std::to_string(++last_number_);
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
  if (limits_memory(parent))
    leaf.memory_events.reset(::openat(
        made.get(), std::string(memory_events_file(parent.is_version_2)).c_str(), O_RDONLY | O_CLOEXEC));
  if (parent.is_version_2)
    leaf.directory = std::move(made);
  else
    leaf.entrances.emplace_back(::openat(made.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  return parent.is_version_2 || leaf.entrances.back() ? 0 : errno;
}

void leaf_groups::release(std::string name) {
  if (!remove(name))
    left_.push_back(std::move(name));
}

bool leaf_groups::sweep() {
  std::erase_if(left_, [this](const std::string& name) { return remove(name); });
  return !left_.empty();
}

/// Those of one name are removed in all hierarchies or kept in the first, by which the next spawner finds
/// them.
bool leaf_groups::remove(const std::string& name) const {
  return std::all_of(parents_.rbegin(), parents_.rend(), [&](const group_parent& parent) {
    return remove_group(parent.directory.get(), name) == 0;
  });
}

int enter(const leaf_group& leaf) {
  for (const auto& entrance : leaf.entrances)
    if (::write(entrance.get(), "0", 1) != 1)
      return errno;
  return 0;
}

} // namespace sandboxd::launcher
