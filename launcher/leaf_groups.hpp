#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::launcher {

/// The control group of one init and of all that it will ever start: a leaf in every hierarchy.
struct leaf_group {
  std::string name;
  /// Of version 2, to be born in (CLONE_INTO_CGROUP, clone(2)).
  descriptor directory;
  /// Of version 1: who writes "0" to each is in the group. There it takes a move.
  std::vector<descriptor> entrances;
  /// Where the kernel counts whom it has killed since there was no memory (`out_of_memory_kills`); none
  /// where memory is not limited.
  descriptor memory_events;
};

/// Makes such groups and removes them. For one thread, the spawner's.
class leaf_groups {
public:
  /// `parents`: the one of version 2 is the first. What spawners before have left there is removed by and by;
  /// that of a fork server (`fork-...`) is its own business.
  leaf_groups(std::vector<group_parent> parents, const group_limits& limits);

  /// A new group. Without `is_limited` only what limits all groups together limits it. Nothing, and `error`
  /// its errno, when there is none to be had.
  std::optional<leaf_group> make(bool is_limited, int& error);

  /// Makes a limited one that the next `make` takes, unless there is one already.
  void prepare();

  /// Its init has ended: whoever is left in it is killed, and it is removed as soon as nobody is.
  void release(std::string name);

  /// Tries once more to remove what could not be.
  void sweep();

  /// Whether there is something to sweep.
  [[nodiscard]] bool has_left() const noexcept { return !left_.empty(); }

private:
  std::optional<leaf_group> make_now(bool is_limited, int& error);
  int make_in(const group_parent& parent, bool is_limited, leaf_group& leaf) const;
  [[nodiscard]] bool remove(const std::string& name) const;

  std::vector<group_parent> parents_;
  group_limits limits_;
  std::uint64_t last_number_ = 0;
  std::optional<leaf_group> prepared_;
  std::vector<std::string> left_; // of inits that have ended, and of spawners before this one
};

/// The calling process, born in the leaf's group of version 2, enters those of version 1. Returns an errno.
int enter(const leaf_group& leaf);

} // namespace sandboxd::launcher
