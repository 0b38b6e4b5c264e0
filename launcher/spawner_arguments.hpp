#pragma once

#include "launcher/group_limits.hpp"

#include <span>
#include <string>
#include <vector>

namespace sandboxd::launcher {

/// How the daemon wants its spawner to be; travels as the arguments of that program.
struct spawner_arguments {
  /// Whether what the inits start is confined (`confinement.hpp`), but for trusted programs.
  bool confines = false;
  /// Whether that may mount all the same.
  bool allows_mounts = false;
  /// Whether workloads are kept by all means there are (`config::isolation_level::strict`).
  bool is_strict = false;
  /// Whether that makes no sockets but of the families that rules for the network know.
  bool limits_sockets = false;
  /// Whether the descriptor after the directories of groups is a network namespace that all inits are in.
  bool has_network = false;
  /// The hierarchies of control groups in which each init gets a group of its own, that of version 2 first:
  /// the controllers of each ("memory", "pids", "cpu"). Their directories are the spawner's descriptors from
  /// `protocol::first_group_directory` on. Empty: there are no groups.
  std::vector<std::vector<std::string>> hierarchies;
  /// Of each such group.
  group_limits limits;
  /// The file that workloads see as /etc/hosts; empty: the machine's.
  std::string hosts_file;
  /// Absolute paths of the only places that workloads may write where `is_strict` (`close_system`).
  std::vector<std::string> writable;
  /// The directory of shells' control files.
  std::string control_files;
  /// Of the /tmp that each isolated init has for itself; 0: it shares the machine's.
  std::uint64_t private_tmp_bytes = 0;

  friend bool operator==(const spawner_arguments&, const spawner_arguments&) = default;
};

/// As words for execve(2), without the program's name.
std::vector<std::string> encode(const spawner_arguments& how);

/// Those words again. What is none of them is ignored: both ends are built together.
spawner_arguments decode_spawner_arguments(std::span<const char* const> words);

} // namespace sandboxd::launcher
