#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::launcher {

/// The control group of one init, or background process, and of all that it will ever start: a leaf in every
/// hierarchy.
struct leaf_group {
  std::string name;
  /// Of version 2, to be born in (CLONE_INTO_CGROUP, clone(2)).
  descriptor directory;
  /// For `enter`, of the hierarchies where it takes a move: version 1, and of a `lent_group` version 2 before
  /// those.
  std::vector<descriptor> entrances;
  /// Where the kernel counts whom it has killed since there was no memory (`out_of_memory_kills`); none
  /// where memory is not limited.
  descriptor memory_events;
};

/// Makes such groups and removes them. One thread at a time.
class leaf_groups {
public:
  /// `parents`: the one of version 2 is the first. The groups are called `prefix`, the number of this
  /// process, and one of their own. What others before have left there is removed by and by if it is called
  /// so, too.
  leaf_groups(std::vector<group_parent> parents, const group_limits& limits, std::string prefix = {});

  /// A new group. Without `is_limited` only what limits all groups together limits it. Nothing, and `error`
  /// its errno, when there is none to be had.
  std::optional<leaf_group> make(bool is_limited, int& error);

  /// Makes a limited one that the next `make` takes, unless there is one already.
  void prepare();

  /// Whoever is left in it is killed, and it is removed as soon as nobody is.
  void release(std::string name);

  /// Kills whoever is in one. Any thread.
  void kill(const std::string& name) const;

  /// Removes one unless somebody is in it. Returns whether it is gone.
  [[nodiscard]] bool remove(const std::string& name) const;

  /// Tries once more to remove what could not be.
  void sweep();

  /// Whether there is something to sweep.
  [[nodiscard]] bool has_left() const noexcept { return !left_.empty(); }

private:
  std::optional<leaf_group> make_now(bool is_limited, int& error);
  int make_in(const group_parent& parent, bool is_limited, leaf_group& leaf) const;

  std::vector<group_parent> parents_;
  group_limits limits_;
  std::string prefix_;
  std::uint64_t last_number_ = 0;
  std::optional<leaf_group> prepared_;
  std::vector<std::string> left_; // in which somebody may be, and of others before this one
};

/// Moves a process, by its number for the caller (0: the caller itself), into the groups whose `cgroup.procs`
/// these are. Returns an errno.
int enter(std::span<const descriptor> entrances, pid_t who = 0);

} // namespace sandboxd::launcher
