#include "http/listener.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

namespace sandboxd::http {

namespace {

/// Between attempts while no descriptor is left.
constexpr std::chrono::milliseconds retry_pause{100};

} // namespace

listener::listener(asio::io_context& context, std::shared_ptr<transport> shared, new_connection accepted)
    : context_(context), shared_(std::move(shared)), accepted_(std::move(accepted)), acceptor_(context),
      retry_(context) {}

void listener::open(const std::string& address, std::uint16_t port) {
  asio::error_code fault;
  asio::ip::tcp::endpoint endpoint(
      asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, fault), port);
  auto attempt = [&](auto step) {
    if (!fault)
      step();
  };
  {
    std::lock_guard lock(mutex_);
    attempt([&] { acceptor_.open(endpoint.protocol(), fault); });
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

void listener::resume() {
  std::lock_guard lock(mutex_);
  if (!accepting_)
    accept();
}

/// With the mutex held.
void listener::accept() {
  accepting_ = acceptor_.is_open() && shared_->connections.size() < shared_->settings.max_connections;
  if (!accepting_)
    return;
  auto strand = asio::make_strand(context_.get_executor());
  acceptor_.async_accept(
      asio::any_io_executor(strand),
      [self = shared_from_this(), strand](const asio::error_code& fault, asio::ip::tcp::socket socket) {
        self->accepted(fault, std::move(socket), strand);
      });
}

void listener::accepted(const asio::error_code& fault, asio::ip::tcp::socket socket,
                        const strand_type& strand) {
  if (fault == asio::error::operation_aborted)
    return;
  if (!fault) {
    try {
      asio::error_code gone;
      auto client = socket.remote_endpoint(gone);
      socket.set_option(asio::ip::tcp::no_delay(true), gone);
      socket.set_option(
          asio::socket_base::send_buffer_size(static_cast<int>(shared_->settings.socket_send_buffer_bytes)),
          gone);
      if (!gone)
        accepted_(std::move(socket), strand, client);
    } catch (const std::exception& problem) {
      shared_->report(fmt::format("a new connection was dropped: {}", problem.what()));
    }
  }
  std::lock_guard lock(mutex_);
  bool lasting = fault && fault != asio::error::connection_aborted;
  if (lasting)
    return retry_later(fault);
  failing_ = false;
  accept();
}

/// With the mutex held.
void listener::retry_later(const asio::error_code& fault) {
  if (!std::exchange(failing_, true))
    shared_->report(fmt::format("cannot accept connections for now: {}", fault.message()));
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
