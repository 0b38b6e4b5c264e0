#pragma once

namespace sandboxd::launcher {

/// From now on this thread has a root directory in memory with nothing in it but what look-ups of names read
/// (getaddrinfo(3): /etc/hosts, /etc/resolv.conf and their like), as it is now: who changes the machine's
/// does not change what this thread finds. The whole process asks files and name servers alone from now on,
/// whatever nsswitch.conf(5) says. Returns whether there is an /etc/resolv.conf: without one it asks
/// 127.0.0.1.
///
/// Takes CAP_SYS_ADMIN. Throws std::system_error. Not for a thread that starts processes or opens files.
bool keep_resolver_files();

} // namespace sandboxd::launcher
