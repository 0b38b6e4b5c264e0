#include "http/listener.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <system_error>
#include <utility>

namespace sandboxd::http {

namespace {

/// Between attempts while no descriptor is left.
constexpr std::chrono::milliseconds retry_pause{100};

/// A client whose machine vanished without a word is noticed after two minutes of silence.
constexpr int seconds_before_probing = 60;
constexpr int seconds_between_probes = 15;
constexpr int probes = 4;

/// Asio of Debian 12 opens and accepts sockets without it.
template <typename Socket>
void close_on_exec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

void set_options(client_socket& socket, const config::http_settings& settings) {
  using asio::detail::socket_option::integer;
  close_on_exec(socket);
  asio::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(static_cast<int>(settings.socket_send_buffer_bytes)),
                    ignored);
  socket.set_option(asio::socket_base::out_of_band_inline(true), ignored); // urgent bytes are bytes
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPIDLE>(seconds_before_probing), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPINTVL>(seconds_between_probes), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPCNT>(probes), ignored);
}

} // namespace

listener::listener(asio::io_context& context, std::shared_ptr<transport> shared, new_connection accepted)
    : context_(context), shared_(std::move(shared)), accepted_(std::move(accepted)), acceptor_(context),
      retry_(context) {}

void listener::open(const std::string& address, std::uint16_t port) {
  asio::error_code fault;
  asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address, fault), port);
  auto attempt = [&](auto step) {
    if (!fault)
      step();
  };
  {
    std::lock_guard lock(mutex_);
    attempt([&] { acceptor_.open(endpoint.protocol(), fault); });
    attempt([&] { close_on_exec(acceptor_); });
    attempt([&] { acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), fault); });
    attempt([&] { acceptor_.bind(endpoint, fault); });
    attempt([&] { acceptor_.listen(asio::socket_base::max_listen_connections, fault); });
    if (fault) {
      asio::error_code ignored;
      acceptor_.close(ignored);
      throw std::system_error(fault, fmt::format("cannot listen on {}:{}", address, port));
    }
    port_ = acceptor_.local_endpoint().port();
  }
  resume();
}

bool listener::is_open() const {
  std::lock_guard lock(mutex_);
  return acceptor_.is_open();
}

void listener::resume() {
  std::lock_guard lock(mutex_);
  accept();
}

/// With the mutex held.
void listener::accept() {
  if (accepting_ || !acceptor_.is_open())
    return;
  if (shared_->connections.size() >= shared_->settings.max_connections)
    return await_client();
  accepting_ = true;
  auto strand = asio::make_strand(context_.get_executor());
  acceptor_.async_accept(
      strand, [self = shared_from_this(), strand](const asio::error_code& fault, client_socket socket) {
        self->accepted(fault, std::move(socket), strand);
      });
}

/// With the mutex held.
void listener::await_client() {
  if (std::exchange(watching_, true))
    return;
  acceptor_.async_wait(asio::socket_base::wait_read,
                       [self = shared_from_this()](const asio::error_code& fault) {
                         std::lock_guard lock(self->mutex_);
                         self->watching_ = false;
                         if (fault)
                           return self->accept(); // closed; or opened again meanwhile
                         if (self->someone_waits())
                           self->shared_->connections.close_longest_idle();
                         self->retry_later(); // should that one have got busy, or none have been idle
                       });
}

/// Whether a client is in the kernel's queue that cannot be let in.
bool listener::someone_waits() {
  pollfd door{acceptor_.native_handle(), POLLIN, 0};
  return shared_->connections.size() >= shared_->settings.max_connections && ::poll(&door, 1, 0) > 0;
}

void listener::accepted(const asio::error_code& fault, client_socket socket, const strand_type& strand) {
  if (!fault) {
    try {
      asio::error_code gone;
      auto client = socket.remote_endpoint(gone);
      set_options(socket, shared_->settings);
      if (!gone)
        accepted_(std::move(socket), strand, client);
    } catch (const std::exception& problem) {
      shared_->report(fmt::format("a new connection was dropped: {}", problem.what()));
    }
  }
  std::lock_guard lock(mutex_);
  accepting_ = false;
  if (fault == asio::error::operation_aborted)
    return accept(); // closed; or opened again meanwhile
  bool lasting = fault && fault != asio::error::connection_aborted;
  if (lasting) {
    if (!std::exchange(failing_, true))
      shared_->report(fmt::format("cannot accept connections for now: {}", fault.message()));
    return retry_later();
  }
  failing_ = false;
  accept();
}

/// With the mutex held.
void listener::retry_later() {
  retry_.expires_after(retry_pause);
  retry_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    std::lock_guard lock(self->mutex_);
    if (!cancelled)
      self->accept();
  });
}

void listener::close() {
  std::lock_guard lock(mutex_);
  asio::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

} // namespace sandboxd::http
