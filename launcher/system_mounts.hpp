#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What `isolation.level = strict`, and a private /tmp, make of the mounts. Each returns the errno of what
/// prevented it, else 0. For processes without other threads, in a mount namespace of their own.
namespace sandboxd::launcher {

/// Makes the whole file system read-only, and no file in it a device, but for `writable`: absolute paths
/// without a symbolic link in them (ELOOP), of which those that are not there are skipped. What is read-only
/// below them stays so, /proc is as it was, and a /dev that is new has nothing but null, zero, full, random,
/// urandom, tty, terminals of its own and an empty shm. After `enter_mount_namespace_with_closed_kernel` and
/// `close_control_groups`.
int close_system(const std::vector<std::string>& writable);

/// Mounts an empty file system of that many bytes over /tmp, and as many files as it has pages of 4 KiB. It
/// goes with the namespace, and is seen in no other.
int mount_private_tmp(std::uint64_t bytes);

} // namespace sandboxd::launcher
