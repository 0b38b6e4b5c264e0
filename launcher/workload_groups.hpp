#pragma once

#include "launcher/control_groups.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_hierarchies.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::launcher {

/// What is kept from all workloads together; of each a quarter of what there is at most.
struct group_reserve {
  std::uint64_t memory_bytes = 0;
  std::uint64_t processes = 0;
};

/// The control groups (cgroups(7)) below which all workloads begin: one in each hierarchy that is of use, of
/// one name. By that of version 2 the kernel tells whose a connection is, since sockets keep the group in
/// which they were made (`socket_group.hpp`). What there is of memory, processes and processors is limited
/// where the controller is: in version 2, or in a hierarchy of version 1.
class workload_groups {
public:
  struct options {
    group_reserve reserve;
    bool favors_moves = false; ///< `favor_moves`
  };

  /// Makes them in the daemon's own groups, where those are removed that daemons which no longer run have
  /// left. To be called while the daemon has no threads that start others. Throws std::system_error where
  /// there is no hierarchy of version 2, or it may not be written.
  static std::unique_ptr<workload_groups> make(const options& how);

  /// Removes them, if nobody is left in them.
  ~workload_groups();
  workload_groups(const workload_groups&) = delete;
  workload_groups& operator=(const workload_groups&) = delete;

  /// Their directories, that of version 2 first.
  [[nodiscard]] const std::vector<group_parent>& parents() const noexcept { return parents_; }

  /// What cannot be limited and why, one line each.
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  /// Whether a group of version 2 is one of these or below, or below those of another daemon beside this. One
  /// that does not exist any more counts as one, since a workload may hold what another has made; so does one
  /// that cannot be told. Looks at directories of the kernel's. Any thread.
  [[nodiscard]] bool contain(std::uint64_t id) const;

private:
  explicit workload_groups(control_group_mount unified);

  void make_unified(const group_hierarchy& unified, const group_reserve& reserve);
  void make_in(const group_hierarchy& hierarchy, const group_reserve& reserve);
  [[nodiscard]] int limit_all(const group_hierarchy& hierarchy, const group_reserve& reserve) const;
  void note(const group_hierarchy& hierarchy, int error);

  control_group_mount unified_;
  std::string name_;
  std::vector<std::filesystem::path> group_paths_; // those of the daemon, in which they are
  std::vector<group_parent> parents_;
  std::vector<std::string> problems_;
};

} // namespace sandboxd::launcher
