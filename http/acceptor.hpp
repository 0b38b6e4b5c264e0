#pragma once

#include <asio/basic_socket_acceptor.hpp>
#include <asio/error_code.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <string>

namespace sandboxd::http {

/// A listening socket, for TCP or a Unix socket.
using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

/// Opens, binds and listens at a TCP address; port 0 = the system chooses one. Throws std::system_error that
/// names address, port and cause.
[[nodiscard]] acceptor listen_at(asio::io_context& context, const std::string& address, std::uint16_t port);

/// Lets a socket that is bound listen, so that accepting never waits: not for who has left meanwhile, either.
void start_to_listen(acceptor& bound, asio::error_code& fault);

/// The port of one for TCP.
[[nodiscard]] std::uint16_t port_of(const acceptor& listening);

/// Asio of Debian 12 opens and accepts sockets without it.
void close_on_exec(int socket);

} // namespace sandboxd::http
