#pragma once

#include "launcher/descriptor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sandboxd::launcher {

/// Where something may be written, as Landlock keeps it (landlock(7), Linux 5.13): a lock that holds whatever
/// the mounts are. What is not writing is allowed everywhere, but for this: who is kept by rules traces, and
/// by /proc looks into, only what the same ones keep, or ones that it has made itself.
struct writing_rules {
  struct rule {
    std::string path; ///< of a directory, with everything below it
    std::uint64_t allowed = 0;
  };
  /// Rights that nobody has without a rule (LANDLOCK_ACCESS_FS_...); 0: there are no rules.
  std::uint64_t handled = 0;
  std::vector<rule> rules;
};

/// The errno for which there are none on this kernel, else 0. EOPNOTSUPP also for a Landlock that lets no
/// file be moved from one directory to another (before Linux 5.19): too much would fail.
int writing_rules_problem();

/// Everything may be made (but device nodes), written, moved and removed below `writable`, /dev/shm and, with
/// `private_tmp`, /tmp. What is there already may be written below /dev, below /proc, by which programs name
/// their threads, say, and below `control_files`, where shells find their FIFOs. Without rules where there
/// are none (`writing_rules_problem`).
writing_rules make_writing_rules(const std::vector<std::string>& writable, const std::string& control_files,
                                 bool private_tmp);

/// The rules for the paths as the calling process sees them; those of paths that are not there are left out.
/// None, and errno, when the kernel refuses.
descriptor open_writing_rules(const writing_rules& rules);

/// Keeps the calling process, and all it will ever start, to them. Who has no CAP_SYS_ADMIN must have given
/// up new privileges before. Returns an errno, 0 when it went well. Allocates nothing: it may be called after
/// vfork(2).
int keep_to_writing_rules(int rules) noexcept;

} // namespace sandboxd::launcher
