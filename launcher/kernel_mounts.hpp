#pragma once

/// Takes from workloads what they could write of the kernel's file systems: a workload of root needs no
/// capability to set /proc/sys/kernel/core_pattern, whose program the kernel starts with all of them. Each
/// returns the errno of what prevented it, else 0. For processes without other threads.
namespace sandboxd::launcher {

/// Gives the calling process a mount namespace of its own, in which mounts that are made outside appear, and
/// nothing of /sys, or of /proc but for processes, can be written. For the spawner, before it forks anything.
int enter_mount_namespace_with_closed_kernel();

/// Makes /proc read-only but for what belongs to processes: /proc/sys and what else the kernel is told by.
int close_proc();

/// Makes all hierarchies of control groups read-only, so that nothing below that cannot mount leaves its
/// group. ENOENT when none of version 2 is there. After `enter_mount_namespace_with_closed_kernel`.
int close_control_groups();

/// Shows that file as /etc/hosts, read-only. The same.
int show_hosts_file(const char* file);

} // namespace sandboxd::launcher
