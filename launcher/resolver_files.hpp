#pragma once

namespace sandboxd::launcher {

/// From now on this thread looks names up (getaddrinfo(3)) in /etc/hosts and by the name servers of
/// /etc/resolv.conf as they are now, and asks nobody else: it sees an /etc in memory with nothing but such
/// files, and an empty /run. Who changes the machine's does not change what this thread finds. Its mounts are
/// its own from then on, and its working directory.
///
/// Takes CAP_SYS_ADMIN. Throws std::system_error. Not for a thread that starts processes.
void keep_resolver_files();

} // namespace sandboxd::launcher
