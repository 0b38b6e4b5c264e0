#pragma once

#include "launcher/control_groups.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_hierarchies.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
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
/// where the controller is: in version 2, or in a hierarchy of version 1. Where processors are short the
/// daemon goes before all of them.
class workload_groups {
public:
  struct options {
    group_reserve reserve;
    group_limits each;         ///< of one workload; of processes it gets half of those of all at most
    bool favors_moves = false; ///< `favor_moves`
  };

  /// Makes them in the daemon's own groups, where those are removed that daemons which no longer run have
  /// left. What cannot be limited is left out, and told. To be called while the daemon has no threads that
  /// start others. Throws std::system_error where there is no hierarchy of version 2, or it may not be
  /// written.
  static std::unique_ptr<workload_groups> make(const options& how);

  /// Removes them, if nobody is left in them.
  ~workload_groups();
  workload_groups(const workload_groups&) = delete;
  workload_groups& operator=(const workload_groups&) = delete;

  /// Their directories, that of version 2 first.
  [[nodiscard]] const std::vector<group_parent>& parents() const noexcept { return parents_; }

  /// The path of that of version 2.
  [[nodiscard]] std::filesystem::path unified_path() const { return group_paths_.front() / name_; }

  /// Of one workload, as they are in force.
  [[nodiscard]] const group_limits& limits() const noexcept { return limits_; }

  /// What is missing and why, one line each.
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  /// Why connections cannot be told by their groups; empty: they can.
  [[nodiscard]] const std::string& marking_problem() const noexcept { return marking_problem_; }

  /// Whether a group of version 2 is one of these or below, or of another daemon's. One that does not exist
  /// any more counts as one, since a workload may hold what another has made; so does one that cannot be
  /// told. Looks at directories of the kernel's. Throws std::system_error when this process has no descriptor
  /// or memory left to look. Any thread.
  [[nodiscard]] bool contain(std::uint64_t id) const;

  /// The same of the group that a process is in, by the text of its /proc/PID/cgroup. Any thread.
  [[nodiscard]] bool contain_process(std::string_view cgroup_file) const;

  /// Whether that group is there, and is one of them beyond doubt. Any thread.
  [[nodiscard]] bool surely_contain(std::uint64_t id) const;

private:
  explicit workload_groups(const group_hierarchy& unified, const options& how);

  [[nodiscard]] bool contain_directory(std::string_view group) const;
  void make_unified(const group_hierarchy& unified);
  void make_in(const group_hierarchy& hierarchy);
  void limit(const group_hierarchy& hierarchy);
  [[nodiscard]] int try_limit(const group_parent& parent, const std::string& controller,
                              const group_limits& all) const;
  void leave_out(group_parent& parent, const controller_problem& why);

  options wanted_;
  control_group_mount unified_;
  std::string name_;
  std::vector<std::filesystem::path> group_paths_; // those of the daemon, in which they are
  std::vector<group_parent> parents_;
  group_limits limits_;
  std::vector<std::string> problems_;
  std::string marking_problem_;
};

} // namespace sandboxd::launcher
