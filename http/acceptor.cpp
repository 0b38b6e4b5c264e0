#include "http/acceptor.hpp"

#include <asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <cstring>
#include <fcntl.h>
#include <system_error>

namespace sandboxd::http {

acceptor listen_at(asio::io_context& context, const std::string& address, std::uint16_t port) {
  asio::error_code fault;
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address, fault), port);
  acceptor made(context);
  auto attempt = [&](auto step) {
    if (!fault)
      step();
  };
  attempt([&] { made.open(endpoint.protocol(), fault); });
  attempt([&] { close_on_exec(made.native_handle()); });
  attempt([&] { made.set_option(asio::socket_base::reuse_address(true), fault); });
  attempt([&] { made.bind(endpoint, fault); });
  attempt([&] { start_to_listen(made, fault); });
  if (fault)
    throw std::system_error(fault, fmt::format("cannot listen on {}:{}", address, port));
  return made;
}

void start_to_listen(acceptor& bound, asio::error_code& fault) {
  bound.non_blocking(true, fault);
  if (!fault)
    bound.set_option(asio::socket_base::enable_connection_aborted(true), fault);
  if (!fault)
    bound.listen(asio::socket_base::max_listen_connections, fault);
}

std::uint16_t port_of(const acceptor& listening) {
  const auto here = listening.local_endpoint();
  asio::ip::tcp::endpoint over_tcp;
  over_tcp.resize(here.size());
  std::memcpy(over_tcp.data(), here.data(), here.size());
  return over_tcp.port();
}

void close_on_exec(int socket) {
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
}

} // namespace sandboxd::http
