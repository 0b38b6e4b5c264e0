#include "http/port_relays.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace sandboxd::http {

namespace {

/// Less than the time after which Node closes a connection that waits (`keepAliveTimeout`, 5 s): a request
/// should seldom meet a closing one.
constexpr std::chrono::seconds longest_wait{4};

/// Whether the service has neither closed it nor sent what nobody asked for.
bool is_quiet(asio::ip::tcp::socket& socket) {
  char byte = 0;
  const auto count = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace

std::shared_ptr<const void> port_relays::enter(std::uint16_t port, std::function<void()> withdrawn) {
  const std::lock_guard lock(mutex_);
  if (relays_.size() >= settings.max_relayed)
    return nullptr;
  const auto entry = relays_.insert(relays_.end(), {port, std::move(withdrawn)});
  return {&*entry, [self = shared_from_this(), entry](const void*) {
            const std::lock_guard guard(self->mutex_);
            self->relays_.erase(entry);
          }};
}

port_relays::service_socket port_relays::take(std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  // The newest first, which is the likeliest to be open.
  for (auto it = waiting_.end(); it != waiting_.begin();) {
    --it;
    if (it->port != port)
      continue;
    auto socket = std::move(it->socket);
    it = waiting_.erase(it);
    if (is_quiet(*socket))
      return socket;
  }
  return nullptr;
}

void port_relays::give(std::uint16_t port, service_socket socket) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({port, std::move(socket), clock::now()});
  while (waiting_.size() > settings.max_idle_connections)
    waiting_.pop_front();
}

void port_relays::tidy(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_,
                [&](const waiting& one) { return now - one.since >= longest_wait || !is_exposed(one.port); });
  for (const auto& one : relays_)
    if (!is_exposed(one.port))
      one.withdrawn();
}

void port_relays::close_waiting() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

} // namespace sandboxd::http
