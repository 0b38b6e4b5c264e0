#pragma once

#include "launcher/descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace sandboxd::launcher {

/// The control group of version 2 (cgroups(7)) in which all workloads begin: sockets
/// keep the number of the group in which they were made, by which the kernel tells whose a connection is
/// (`socket_group.hpp`). It limits nothing.
class workload_group {
public:
  /// Makes one beside the daemon, in the daemon's own group. Those that daemons which no longer run have left
  /// there are removed. Throws std::system_error where there is no such hierarchy, or it may not be written.
  static std::unique_ptr<workload_group> make();

  /// Removes it, if nobody is left in it.
  ~workload_group();
  workload_group(const workload_group&) = delete;
  workload_group& operator=(const workload_group&) = delete;

  /// Its directory, for CLONE_INTO_CGROUP (clone(2)).
  [[nodiscard]] const descriptor& directory() const noexcept { return directory_; }

  /// Whether a group is this one, or that of the workloads of another daemon beside this. Looks at a
  /// directory of the kernel's. Any thread.
  [[nodiscard]] bool contains(std::uint64_t id) const;

private:
  workload_group(std::filesystem::path path, descriptor directory);

  std::filesystem::path path_;
  descriptor directory_;
};

} // namespace sandboxd::launcher
