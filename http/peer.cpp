#include "http/peer.hpp"

#include <fmt/format.h>

#include <cstring>
#include <sys/socket.h>

namespace sandboxd::http {

namespace {

asio::ip::tcp::endpoint over_tcp(const client_socket::endpoint_type& any) {
  asio::ip::tcp::endpoint made;
  made.resize(any.size());
  std::memcpy(made.data(), any.data(), any.size());
  return made;
}

std::optional<peer> connector_of(int socket) {
  ucred who{};
  socklen_t size = sizeof(who);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return std::nullopt;
  return unix_peer{socket, who.pid, who.uid};
}

} // namespace

std::optional<peer> peer_of(client_socket& socket) {
  asio::error_code gone;
  const auto local = socket.local_endpoint(gone);
  if (!gone && local.protocol().family() == AF_UNIX)
    return connector_of(socket.native_handle());
  const auto remote = gone ? local : socket.remote_endpoint(gone);
  return gone ? std::nullopt : std::optional<peer>(tcp_peer{over_tcp(remote), over_tcp(local)});
}

std::string name_of(const peer& client) {
  if (const auto* connector = std::get_if<unix_peer>(&client))
    return fmt::format("unix:pid={},uid={}", connector->process, connector->user);
  const auto port = std::get<tcp_peer>(client).remote.port();
  const auto address = address_of(client);
  return std::get<tcp_peer>(client).remote.address().is_v6() ? fmt::format("[{}]:{}", address, port)
                                                             : fmt::format("{}:{}", address, port);
}

std::string address_of(const peer& client) {
  const auto* ends = std::get_if<tcp_peer>(&client);
  return ends != nullptr ? ends->remote.address().to_string() : "unknown";
}

} // namespace sandboxd::http
