#pragma once

#include "config/settings.hpp"
#include "ports/socket_source.hpp"

#include <asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace sandboxd::http {

/// What all relays of one server share: which ports may be reached, how many relays there may be, and the
/// connections to services that wait for a further request. Safe from any thread.
class port_relays : public std::enable_shared_from_this<port_relays> {
public:
  using clock = std::chrono::steady_clock;
  using service_socket = std::shared_ptr<asio::ip::tcp::socket>;

  /// `exposed` is asked on I/O threads and must not block. `from`: of the network of the services.
  port_relays(const config::port_settings& with, std::function<bool(std::uint16_t port)> exposed,
              ports::socket_source from)
      : settings(with), is_exposed(std::move(exposed)), sockets(std::move(from)) {}

  /// A permit for one relay to this port, given back with the result; null when there are as many as allowed.
  /// `withdrawn` is called, on an I/O thread, when the port is exposed no more.
  [[nodiscard]] std::shared_ptr<const void> enter(std::uint16_t port, std::function<void()> withdrawn);

  /// A connection to this service that is still open and has nothing to say; null when none waits.
  [[nodiscard]] service_socket take(std::uint16_t port);

  /// Keeps a connection that has nothing under way. The oldest go when there are too many.
  void give(std::uint16_t port, service_socket socket);

  /// Closes the connections that have waited long enough, and tells relays to ports that are exposed no more.
  /// To be called now and then.
  void tidy(clock::time_point now);

  /// Closes all that wait.
  void close_waiting();

  const config::port_settings settings;
  const std::function<bool(std::uint16_t port)> is_exposed;
  const ports::socket_source sockets;

  /// At which the server itself listens; never reached, whatever is exposed.
  std::atomic<std::uint16_t> own_port = 0;

private:
  struct waiting {
    std::uint16_t port;
    service_socket socket;
    clock::time_point since;
  };

  struct relay {
    std::uint16_t port;
    std::function<void()> withdrawn;
  };

  std::mutex mutex_;
  std::list<relay> relays_;
  std::list<waiting> waiting_; ///< the oldest first
};

} // namespace sandboxd::http
