#pragma once

#include "launcher/workload_filter.hpp"
#include "launcher/writing_rules.hpp"

#include <cstdint>
#include <linux/capability.h>

namespace sandboxd::launcher {

/// The bit of a capability in a set of them.
constexpr std::uint64_t capability(int number) {
  return std::uint64_t{1} << static_cast<unsigned>(number);
}

/// What a workload of root keeps (capabilities(7)): what installing packages by apt, npm and pip takes, to
/// own and write what belongs to anybody in the sandbox, to be somebody else, to serve ports below 1024.
/// Those of a container of Docker's, without CAP_NET_RAW (it forges addresses) and CAP_MKNOD (the machine's
/// disks).
inline constexpr std::uint64_t workload_capabilities =
    capability(CAP_CHOWN) | capability(CAP_DAC_OVERRIDE) | capability(CAP_FOWNER) | capability(CAP_FSETID) |
    capability(CAP_KILL) | capability(CAP_SETGID) | capability(CAP_SETUID) | capability(CAP_SETPCAP) |
    capability(CAP_NET_BIND_SERVICE) | capability(CAP_SYS_CHROOT) | capability(CAP_AUDIT_WRITE) |
    capability(CAP_SETFCAP);

/// What workloads are left with.
struct confinement {
  std::uint64_t capabilities = 0; ///< a set as above
  system_call_filter filter;
  writing_rules writing; ///< none, unless somebody sets them
};

/// `allow_mounts`: they may mount file systems, for which they keep CAP_SYS_ADMIN. `limit_sockets`: they make
/// sockets of few families only (`make_workload_filter`). Throws std::system_error.
confinement make_confinement(bool allow_mounts, bool limit_sockets);

/// Makes the calling process, and all it will ever start, a workload: no capability but those, no privilege
/// by set-user-ID files, no system call that the filter refuses, no core dumps. There is no way back.
/// `rules`: of writing, opened where it lives (`open_writing_rules`); -1: none.
///
/// Returns the errno of what the kernel refused, else 0. Allocates nothing: it may be called after vfork(2).
int confine(const confinement& to, int rules) noexcept;

} // namespace sandboxd::launcher
