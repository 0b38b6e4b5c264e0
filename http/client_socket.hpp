#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>

namespace sandboxd::http {

/// What happens on one connection happens on its strand, one thing at a time.
using connection_strand = asio::strand<asio::io_context::executor_type>;

/// A client's connection, over TCP or a Unix socket. The type of its executor is known, unlike that of
/// `asio::ip::tcp::socket`, whose conversions would be made for each read and write.
using client_socket = asio::basic_stream_socket<asio::generic::stream_protocol, connection_strand>;

} // namespace sandboxd::http
