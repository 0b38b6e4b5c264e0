#pragma once

#include "config/settings.hpp"
#include "http/server_hooks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace asio {
class io_context;
}

namespace sandboxd::http {

/// The HTTP server: RESTinio behind a guard on every connection. It runs on an io_context whose threads (any
/// number) belong to the caller:
///
///     http::server server(settings, context, hooks);
///     server.start();                     // then run the context on http.io-threads threads
///     ...
///     server.stop_accepting();
///     server.close_all(grace);            // then stop the context, join its threads, destroy the server
///
/// At `http.max-connections` a further client waits in the kernel's queue until a connection ends; to that
/// end the one that has been idle for longest is closed. The `http.*` settings are those of the start; a
/// change needs a restart.
///
/// The io_context must outlive the server and every responder and stream it has handed out.
class server {
public:
  /// Throws std::invalid_argument when `handle` or `refuse` is missing.
  server(const config::settings& settings, asio::io_context& context, server_hooks hooks);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// Only when no thread runs the io_context any more. No hook and no callback is
  /// called afterwards.
  ~server();

  /// Binds `http.address`:`http.port`, and `http.unix-socket` if there is one, and accepts. Throws
  /// std::system_error that names which and the cause; may be tried again then, and after `stop_accepting`,
  /// when it opens the same port again.
  void start();

  /// The port listened on last (the chosen one when `http.port` is 0); 0 before the first start. Any thread.
  [[nodiscard]] std::uint16_t port() const;
  /// Any thread.
  [[nodiscard]] bool is_listening() const;

  /// Closes the listening sockets and removes the file of the Unix socket. Open connections go on; from now
  /// on each closes with its next answer. Any thread.
  void stop_accepting();

  /// Closes the connections that are idle, and each other one when it is. Any thread.
  void close_idle();

  /// Closes idle connections, waits for the others until `grace` has passed and cuts what is left then.
  /// Blocks; not from an I/O thread. Returns how many connections it had to cut.
  std::size_t close_all(std::chrono::milliseconds grace);

  /// Connections open now. Any thread.
  [[nodiscard]] std::size_t connection_count() const;

  /// Bytes of request bodies held now. Any thread.
  [[nodiscard]] std::uint64_t buffered_bytes() const;

private:
  class running;
  std::shared_ptr<running> running_;
};

} // namespace sandboxd::http
