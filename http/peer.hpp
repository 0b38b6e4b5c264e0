#pragma once

#include "http/client_socket.hpp"

#include <asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <sys/types.h>
#include <variant>

namespace sandboxd::http {

/// The two ends of a client's connection over TCP.
struct tcp_peer {
  asio::ip::tcp::endpoint remote; ///< the client's
  asio::ip::tcp::endpoint local;  ///< ours
};

/// Who has connected to the Unix socket: the process that called connect(2) (unix(7), SO_PEERCRED). It may
/// be gone since, and its number another's.
struct unix_peer {
  int socket = -1;   ///< our end, as long as the connection is open
  pid_t process = 0; ///< 0 = one outside of the PID namespace of this process
  uid_t user = 0;
};

/// Who is at the other end of a connection.
using peer = std::variant<tcp_peer, unix_peer>;

/// Asks the kernel, without waiting; nothing when the connection is gone already.
[[nodiscard]] std::optional<peer> peer_of(client_socket& socket);

/// For the log: address and port, or `unix:pid=1234,uid=0`.
[[nodiscard]] std::string name_of(const peer& client);

/// The numeric address without the port; "unknown" (RFC 7239 section 6.2) over a Unix socket.
[[nodiscard]] std::string address_of(const peer& client);

} // namespace sandboxd::http
