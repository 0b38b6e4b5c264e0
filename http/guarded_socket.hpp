#pragma once

#include "http/connection_guard.hpp"

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <restinio/tls_fwd.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace sandboxd::http {

/// What RESTinio takes for a socket (its trait `stream_socket_t`): every byte goes through the connection's
/// guard. RESTinio calls all of it on the connection's strand.
class guarded_socket {
public:
  using executor_type = connection_guard::strand_type;

  explicit guarded_socket(std::shared_ptr<connection_guard> guard) : guard_(std::move(guard)) {}

  executor_type get_executor() const { return guard_->strand(); }
  client_socket& lowest_layer() { return guard_->socket(); }
  [[nodiscard]] bool is_open() const { return guard_->is_open(); }

  template <typename Buffer, typename Handler>
  void async_read_some(const Buffer& buffer, Handler&& handler) {
    guard_->read(buffer, std::forward<Handler>(handler));
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    guard_->write_some(buffers, std::forward<Handler>(handler));
  }

  /// RESTinio cancels reading before the last write. The guard goes on reading, to see the client leave.
  void cancel(asio::error_code& fault) { fault.clear(); }

  /// RESTinio shuts down both ways and closes at once; the guard's `close` does both gently.
  void shutdown(client_socket::shutdown_type, asio::error_code& fault) { fault.clear(); }
  void close() { guard_->close(); }

private:
  std::shared_ptr<connection_guard> guard_;
};

/// Found by RESTinio through argument-dependent look-up: this is no TLS socket.
inline restinio::impl::tls_socket_t* make_tls_socket_pointer_for_state_listener(guarded_socket&) noexcept {
  return nullptr;
}

/// Found by RESTinio through argument-dependent look-up: nothing to prepare.
template <typename Connection, typename Start, typename Failed>
void prepare_connection_and_start_read(guarded_socket&, Connection&, Start start, Failed) {
  start();
}

} // namespace sandboxd::http
