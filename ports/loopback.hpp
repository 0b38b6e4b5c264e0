#pragma once

#include "ports/socket_source.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/error_code.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace sandboxd::ports {

/// Connects `socket` to the service at `port` of the sandbox: on 127.0.0.1, else on ::1, never anywhere else,
/// in the network of `sockets`. `done` is called once, on `where`: with the fault of the first attempt when
/// both fail, with `operation_aborted` when the socket was closed meanwhile. Who wants a bound on the time
/// closes the socket.
void connect_to_loopback(const std::shared_ptr<asio::ip::tcp::socket>& socket,
                         const asio::any_io_executor& where, std::uint16_t port, const socket_source& sockets,
                         std::function<void(const asio::error_code&)> done);

} // namespace sandboxd::ports
