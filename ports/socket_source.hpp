#pragma once

#include <functional>

namespace sandboxd::ports {

/// Makes TCP sockets of the network in which the services are, where that is not the daemon's: of the family
/// AF_INET or AF_INET6. Calls `taker` at most once, on any thread: with a socket, which is the callee's from
/// then on, or with -1 and an errno. Empty: the services are in the daemon's own network.
using socket_source = std::function<void(int family, std::function<void(int socket, int error)> taker)>;

} // namespace sandboxd::ports
