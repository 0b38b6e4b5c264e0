#pragma once

#include "http/acceptor.hpp"
#include "http/connection_guard.hpp"
#include "http/peer.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace sandboxd::http {

/// Accepts connections. Ours instead of RESTinio's, whose acceptor stops for ever after one failed accept (no
/// descriptor left). At the bound a further client waits in the kernel's queue until a connection ends; to
/// that end the one that has been idle for longest is closed. All functions may be called from any thread.
class listener : public std::enable_shared_from_this<listener> {
public:
  using strand_type = connection_guard::strand_type;
  /// Takes a new connection; runs on an I/O thread.
  using new_connection = std::function<void(client_socket, const strand_type&, const peer& client)>;

  /// Of the listeners that share a `turn` one at a time lets somebody in, so that all together keep to the
  /// bound.
  listener(asio::io_context& context, std::shared_ptr<transport> shared, strand_type turn,
           new_connection accepted);

  /// Begins to accept from a socket that listens.
  void open(acceptor listening);

  [[nodiscard]] bool is_open() const;

  /// Looks for clients again when it had stopped at the bound.
  void resume();

  /// Stops accepting; the address is free on return. It may be opened again.
  void close();

private:
  void watch();
  void knocked(const asio::error_code& fault);
  bool someone_waits();
  [[nodiscard]] bool is_one_too_many(const peer& from) const;
  void let_in(client_socket socket, const strand_type& strand);
  void retry_later();

  asio::io_context& context_;
  const std::shared_ptr<transport> shared_;
  const strand_type turn_;
  const new_connection accepted_;

  mutable std::mutex mutex_; ///< guards what follows
  acceptor acceptor_;
  asio::steady_timer retry_;
  bool watching_ = false;
  bool failing_ = false;
};

} // namespace sandboxd::http
