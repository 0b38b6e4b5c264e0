#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// One connection to a service of a test: plain blocking reads and writes.
class service_connection {
public:
  explicit service_connection(int socket) : socket_(socket) {}

  /// Bytes up to and with `end`; what there is when the client has closed before.
  std::string read_until(const std::string& end) {
    while (buffer_.find(end) == std::string::npos && receive()) {
    }
    const auto found = buffer_.find(end);
    return take(found == std::string::npos ? buffer_.size() : found + end.size());
  }
  std::string read(std::size_t count) {
    while (buffer_.size() < count && receive()) {
    }
    return take(std::min(count, buffer_.size()));
  }
  std::string read_to_end() {
    while (receive()) {
    }
    return take(buffer_.size());
  }
  /// False when the client takes no more.
  bool write(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0)
        return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  /// Sends one byte out of band (TCP's urgent data).
  void write_urgent(char byte) const { ::send(socket_, &byte, 1, MSG_OOB | MSG_NOSIGNAL); }

  /// Sends no more.
  void shut_down_sending() const { ::shutdown(socket_, SHUT_WR); }

private:
  bool receive() {
    std::string piece(65'536, '\0');
    const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
    if (count <= 0)
      return false;
    buffer_.append(piece, 0, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    auto taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }

  int socket_;
  std::string buffer_;
};

/// A TCP service on the loopback that handles each connection on a thread of its own.
class small_service {
public:
  using handler = std::function<void(service_connection&)>;

  /// `is_narrow`: what is written to it piles up at the writer almost at once.
  explicit small_service(handler serve, int family = AF_INET, bool is_narrow = false)
      : small_service(std::move(serve), family, family == AF_INET ? "127.0.0.1" : "::1", 0, is_narrow) {}

  /// At another IPv4 address of this machine, and a port that is free there.
  small_service(handler serve, const char* address, std::uint16_t port)
      : small_service(std::move(serve), AF_INET, address, port, false) {}

  small_service(const small_service&) = delete;
  small_service& operator=(const small_service&) = delete;

  /// Ends what still goes on: for handlers it is as if their client had closed.
  ~small_service() {
    ::shutdown(door_, SHUT_RDWR);
    accepting_.join();
    ::close(door_);
    for (const int socket : sockets_)
      ::shutdown(socket, SHUT_RDWR);
    for (auto& thread : threads_)
      thread.join();
    for (const int socket : sockets_)
      ::close(socket);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Connections accepted so far.
  [[nodiscard]] int connections() const { return connections_; }

private:
  small_service(handler serve, int family, const char* where, std::uint16_t port, bool is_narrow)
      : serve_(std::move(serve)) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    address.ss_family = static_cast<sa_family_t>(family);
    auto& in_4 = reinterpret_cast<sockaddr_in&>(address);
    auto& in_6 = reinterpret_cast<sockaddr_in6&>(address);
    in_4.sin_port = htons(port); // where an IPv6 address has it, too
    ::inet_pton(family, where,
                family == AF_INET ? static_cast<void*>(&in_4.sin_addr) : static_cast<void*>(&in_6.sin6_addr));
    door_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (is_narrow) {
      const int bytes = 1024;
      const int segment = 100;
      ::setsockopt(door_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
      ::setsockopt(door_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const socklen_t used = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (::bind(door_, generic, used) != 0 || ::listen(door_, 64) != 0 ||
        ::getsockname(door_, generic, &size) != 0)
      throw std::runtime_error(std::string("small_service: ") + std::strerror(errno));
    port_ = ntohs(family == AF_INET ? in_4.sin_port : in_6.sin6_port);
    // Signals are for the daemon of the same process: its handlers are gone before these threads are.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    accepting_ = std::thread([this] { accept(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void accept() {
    for (int socket; (socket = ::accept4(door_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      ++connections_;
      threads_.emplace_back([this, socket] {
        service_connection connection(socket);
        serve_(connection);
        ::shutdown(socket, SHUT_RDWR); // closed at the end, so that no other takes its number
      });
      sockets_.push_back(socket);
    }
  }

  handler serve_;
  int door_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread accepting_;
  std::vector<std::thread> threads_;
  std::vector<int> sockets_;
};

} // namespace sandboxd::testing
