#pragma once

#include "http/connection_guard.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// Accepts connections. Ours instead of RESTinio's, whose acceptor stops for ever after one failed accept (no
/// descriptor left). At the bound a further client waits in the kernel's queue until a connection ends; to
/// that end the one that has been idle for longest is closed. All functions may be called from any thread.
class listener : public std::enable_shared_from_this<listener> {
public:
  using strand_type = connection_guard::strand_type;
  /// Takes a new connection; runs on an I/O thread.
  using new_connection =
      std::function<void(client_socket, const strand_type&, const asio::ip::tcp::endpoint& client)>;

  listener(asio::io_context& context, std::shared_ptr<transport> shared, new_connection accepted);

  /// Binds and begins to accept. Throws std::system_error that names address, port and cause.
  void open(const std::string& address, std::uint16_t port);

  /// The port bound last; 0 before `open`.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool is_open() const;

  /// Accepts again when it had stopped at the bound.
  void resume();

  /// Stops accepting; the port is free on return. It may be opened again.
  void close();

private:
  void accept();
  void await_client();
  bool someone_waits();
  void accepted(const asio::error_code& fault, client_socket socket, const strand_type& strand);
  void retry_later();

  asio::io_context& context_;
  const std::shared_ptr<transport> shared_;
  const new_connection accepted_;
  std::atomic<std::uint16_t> port_ = 0;

  mutable std::mutex mutex_; ///< guards what follows
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  bool accepting_ = false;
  bool watching_ = false; ///< for a client that knocks while the bound is reached
  bool failing_ = false;
};

} // namespace sandboxd::http
