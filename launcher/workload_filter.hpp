#pragma once

#include <linux/filter.h>
#include <vector>

namespace sandboxd::launcher {

/// A filter of system calls as seccomp(2) takes it.
using system_call_filter = std::vector<sock_filter>;

/// The filter of workloads. What it refuses, with EPERM, is the part of the kernel's surface that programs in
/// a sandbox have no use for: mounts and new namespaces (so no user namespace either, in which a process has
/// all capabilities again), keys, BPF, performance counters, modules, kexec, the clock, swap, handles of
/// files, and io_uring, whose operations no filter sees. clone3(2), whose flags no filter sees, does not
/// exist (ENOSYS), so that the C library calls clone(2). Everything else is allowed, also what is newer than
/// libseccomp: what else there is of containers' profiles needs a capability that workloads do not have
/// (`confinement.hpp`).
///
/// `limit_sockets`: there are only sockets of AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (EAFNOSUPPORT), those
/// whose packets rules for the network see, or that leave the machine by no way of their own, as AF_VSOCK
/// does to the hypervisor. Programs of 32 bits that make sockets by socketcall(2), whose arguments no filter
/// sees, make none.
///
/// `allow_mounts`: mount(2), umount2(2) and fsopen(2) with its like pass. Takes about a millisecond. Throws
/// std::system_error.
system_call_filter make_workload_filter(bool allow_mounts, bool limit_sockets);

} // namespace sandboxd::launcher
