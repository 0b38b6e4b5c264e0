#pragma once

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>

/// What the kernel knows of the other end of a TCP connection. System calls that do not wait; any thread.
namespace sandboxd::launcher {

/// Whether the address is one of this machine's (of this network namespace), so that who connects from it is
/// here, too. What cannot be found out counts as one.
[[nodiscard]] bool is_own_address(const asio::ip::address& address);

/// The id of the control group of version 2 in which the socket was made that is bound to `from` and
/// connected to `to` (sock_diag(7), INET_DIAG_CGROUP_ID). Nothing where there is none in this network
/// namespace, where it has been closed, and where the kernel does not tell. Throws std::system_error when
/// this process has no descriptor or memory left to ask.
[[nodiscard]] std::optional<std::uint64_t> group_of_socket(const asio::ip::tcp::endpoint& from,
                                                           const asio::ip::tcp::endpoint& to);

} // namespace sandboxd::launcher
