#pragma once

/// What an ordinary user needs to isolate workloads (user_namespaces(7)). For processes without other
/// threads.
namespace sandboxd::launcher {

/// Whether the calling process is an ordinary user's, which may not make namespaces.
bool lacks_privileges();

/// Gives the calling process a user namespace of its own, in which it may make the others. In it there is
/// nobody but its user and group: files of everybody else seem to belong to nobody. To be called while it is
/// dumpable: /proc/self/uid_map would be somebody else's. Returns the errno of what prevented it, else 0.
int enter_user_namespace();

/// Lets the next execve(2) keep all capabilities of an ordinary user, which only who is in such a namespace
/// has. Allocates nothing: it may be called after vfork(2).
void pass_capabilities_on() noexcept;

} // namespace sandboxd::launcher
