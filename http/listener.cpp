#include "http/listener.hpp"

#include <asio/bind_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

/// Between attempts while no descriptor is left.
constexpr std::chrono::milliseconds retry_pause{100};

/// A client whose machine vanished without a word is noticed after two minutes of silence.
constexpr int seconds_before_probing = 60;
constexpr int seconds_between_probes = 15;
constexpr int probes = 4;

void set_tcp_options(client_socket& socket) {
  using asio::detail::socket_option::integer;
  asio::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPIDLE>(seconds_before_probing), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPINTVL>(seconds_between_probes), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPCNT>(probes), ignored);
}

void set_options(client_socket& socket, const config::http_settings& settings) {
  asio::error_code ignored;
  socket.set_option(asio::socket_base::send_buffer_size(static_cast<int>(settings.socket_send_buffer_bytes)),
                    ignored);
  socket.set_option(asio::socket_base::out_of_band_inline(true), ignored); // urgent bytes are bytes
}

} // namespace

listener::listener(asio::io_context& context, std::shared_ptr<transport> shared, strand_type turn,
                   new_connection accepted)
    : context_(context), shared_(std::move(shared)), turn_(std::move(turn)), accepted_(std::move(accepted)),
      acceptor_(context), retry_(context) {}

void listener::open(acceptor listening) {
  std::lock_guard lock(mutex_);
  acceptor_ = std::move(listening);
  watch();
}

bool listener::is_open() const {
  std::lock_guard lock(mutex_);
  return acceptor_.is_open();
}

void listener::resume() {
  std::lock_guard lock(mutex_);
  watch();
}

/// With the mutex held.
void listener::watch() {
  if (!acceptor_.is_open() || std::exchange(watching_, true))
    return;
  acceptor_.async_wait(asio::socket_base::wait_read,
                       asio::bind_executor(turn_, [self = shared_from_this()](const asio::error_code& fault) {
                         self->knocked(fault);
                       }));
}

void listener::knocked(const asio::error_code& fault) {
  std::unique_lock lock(mutex_);
  watching_ = false;
  if (fault || !acceptor_.is_open())
    return watch(); // closed; or opened again meanwhile
  if (shared_->connections.size() >= shared_->settings.max_connections) {
    if (!someone_waits())
      return watch();
    shared_->connections.close_longest_idle();
    return retry_later(); // should that one have got busy, or none have been idle
  }
  asio::error_code failed;
  const auto strand = asio::make_strand(context_.get_executor());
  client_socket socket = acceptor_.accept(strand, failed);
  lock.unlock();
  if (!failed)
    let_in(std::move(socket), strand);
  lock.lock();
  const bool lasting =
      failed && failed != asio::error::would_block && failed != asio::error::connection_aborted;
  if (!lasting) {
    failing_ = false;
    return watch();
  }
  if (!std::exchange(failing_, true))
    shared_->report(fmt::format("cannot accept connections for now: {}", failed.message()));
  retry_later();
}

/// Whether a client is in the kernel's queue.
bool listener::someone_waits() {
  pollfd door{acceptor_.native_handle(), POLLIN, 0};
  return ::poll(&door, 1, 0) > 0;
}

/// A workload keeps its place until the head of its request has been read: with all of them it would keep
/// clients out.
bool listener::is_one_too_many(const peer& from) const {
  const auto& is_surely_workload = shared_->hooks.is_surely_workload;
  return is_surely_workload && shared_->connections.size() >= shared_->settings.max_connections / 2 &&
         is_surely_workload(from);
}

void listener::let_in(client_socket socket, const strand_type& strand) {
  try {
    close_on_exec(socket.native_handle());
    set_options(socket, shared_->settings);
    const auto client = peer_of(socket);
    if (client && std::holds_alternative<tcp_peer>(*client))
      set_tcp_options(socket);
    if (client && !is_one_too_many(*client))
      accepted_(std::move(socket), strand, *client);
  } catch (const std::exception& problem) {
    shared_->report(fmt::format("a new connection was dropped: {}", problem.what()));
  }
}

/// With the mutex held.
void listener::retry_later() {
  retry_.expires_after(retry_pause);
  retry_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    std::lock_guard lock(self->mutex_);
    if (!cancelled)
      self->watch();
  });
}

void listener::close() {
  std::lock_guard lock(mutex_);
  asio::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

} // namespace sandboxd::http
