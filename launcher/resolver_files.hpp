#pragma once

namespace sandboxd::launcher {

/// From now on this thread sees an /etc in memory that has nothing but what look-ups of names read there
/// (getaddrinfo(3): hosts, resolv.conf, nsswitch.conf and their like), as it is now: who changes the
/// machine's does not change what this thread finds. Its mounts are its own from then on, and its working
/// directory.
///
/// Takes CAP_SYS_ADMIN. Throws std::system_error. Not for a thread that starts processes.
void keep_resolver_files();

} // namespace sandboxd::launcher
