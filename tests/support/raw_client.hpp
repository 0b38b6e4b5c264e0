#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::testing {

/// A response as it came over the wire.
struct raw_reply {
  int status = 0;
  std::string head;                                ///< status line and headers with the empty line
  std::multimap<std::string, std::string> headers; ///< names in lower case
  std::string body;                                ///< without chunk framing
  bool complete = false;                           ///< false: the connection ended inside

  [[nodiscard]] std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// A blocking socket that speaks raw bytes. Every call has a deadline and throws std::runtime_error when it
/// passes, so that no test hangs. It shares no code with the server.
class raw_client {
public:
  static constexpr std::chrono::milliseconds patience{30'000};

  /// Connects to 127.0.0.1. `receive_buffer` > 0 sets SO_RCVBUF before connecting (bytes; the kernel doubles
  /// it).
  explicit raw_client(std::uint16_t port, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close();
      fail("connect");
    }
  }
  /// Connects to a Unix socket.
  explicit raw_client(const std::filesystem::path& file) {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.native().copy(address.sun_path, sizeof address.sun_path);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close();
      fail("connect");
    }
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() { close(); }

  /// Sends everything; false when the server closed or reset the connection meanwhile.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      await(POLLOUT);
      auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && (errno == EPIPE || errno == ECONNRESET))
        return false;
      if (count < 0 && errno != EAGAIN)
        fail("send");
      if (count > 0)
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Sends one byte as urgent data.
  void send_urgent(char byte) {
    if (::send(socket_, &byte, 1, MSG_OOB | MSG_NOSIGNAL) != 1)
      fail("send");
  }

  /// Reads some bytes into the buffer; false at the end of the connection.
  bool receive(std::size_t at_most = 65536) {
    await(POLLIN);
    std::string piece(at_most, '\0');
    auto count = ::recv(socket_, piece.data(), piece.size(), 0);
    if (count < 0 && errno != ECONNRESET)
      fail("recv");
    was_reset_ = count < 0;
    if (count <= 0)
      return false;
    buffer_.append(piece, 0, static_cast<std::size_t>(count));
    return true;
  }

  /// Everything until the end of the connection.
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }

  /// Reads until the buffer holds `text`; the buffer up to and including it.
  std::string read_until(std::string_view text) {
    std::size_t found;
    while ((found = buffer_.find(text)) == std::string::npos)
      if (!receive())
        throw std::runtime_error("the connection ended before '" + std::string(text) + "'; got: " + buffer_);
    return take(found + text.size());
  }

  /// One response. `to_head` = the request was HEAD.
  raw_reply read_reply(bool to_head = false) {
    raw_reply reply;
    reply.head = read_until("\r\n\r\n");
    parse_head(reply);
    if (to_head || reply.status / 100 == 1 || reply.status == 204)
      reply.complete = true;
    else if (reply.header("transfer-encoding") == "chunked")
      read_chunks(reply);
    else if (auto length = reply.header("content-length"); !length.empty())
      reply.complete = read_exactly(std::stoull(length), reply.body);
    else {
      reply.body = read_to_end();
      reply.complete = true;
    }
    return reply;
  }

  raw_reply exchange(std::string_view request) {
    send(request);
    return read_reply();
  }

  /// Whether the server has closed: waits for the end of the connection, dropping what comes before.
  bool ends() {
    while (receive()) {
    }
    return true;
  }

  /// Whether nothing (no byte, no end) arrives for `time`.
  bool silent_for(std::chrono::milliseconds time) {
    if (!buffer_.empty())
      return false;
    return !becomes_ready(POLLIN, time);
  }

  void shut_down_sending() { ::shutdown(socket_, SHUT_WR); }

  /// Closes with a reset instead of an orderly end.
  void reset() {
    linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

  void close() {
    if (socket_ >= 0)
      ::close(socket_);
    socket_ = -1;
  }

  [[nodiscard]] bool was_reset() const { return was_reset_; }
  [[nodiscard]] const std::string& buffered() const { return buffer_; }

private:
  [[noreturn]] static void fail(const std::string& call) {
    throw std::runtime_error(call + ": " + std::strerror(errno));
  }

  void await(short events) const {
    if (!becomes_ready(events, patience))
      throw std::runtime_error("deadline passed while waiting for the server; got so far: " +
                               buffer_.substr(0, 2000));
  }

  /// Goes on after a signal: where the daemon lives in the test's own process, its children end there, too.
  [[nodiscard]] bool becomes_ready(short events, std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd descriptor{socket_, events, 0};
      const int ready = ::poll(&descriptor, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready < 0 && errno != EINTR)
        fail("poll");
      if (ready >= 0)
        return ready > 0;
    }
  }

  std::string take(std::size_t count) {
    std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }

  bool read_exactly(std::size_t count, std::string& into) {
    while (buffer_.size() < count)
      if (!receive()) {
        into += std::exchange(buffer_, {});
        return false;
      }
    into += take(count);
    return true;
  }

  static void parse_head(raw_reply& reply) {
    std::from_chars(reply.head.data() + 9, reply.head.data() + 12, reply.status);
    auto at = reply.head.find("\r\n") + 2;
    for (auto end = reply.head.find("\r\n", at); end > at; at = end + 2, end = reply.head.find("\r\n", at)) {
      auto line = reply.head.substr(at, end - at);
      auto colon = line.find(": ");
      auto name = line.substr(0, colon);
      for (char& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      reply.headers.emplace(name, colon == std::string::npos ? "" : line.substr(colon + 2));
    }
  }

  void read_chunks(raw_reply& reply) {
    for (;;) {
      std::size_t end;
      while ((end = buffer_.find("\r\n")) == std::string::npos)
        if (!receive())
          return;
      std::size_t size = std::stoull(take(end + 2), nullptr, 16);
      if (!read_exactly(size, reply.body))
        return;
      std::string line_end;
      if (!read_exactly(2, line_end))
        return;
      if (size == 0) {
        reply.complete = true;
        return;
      }
    }
  }

  int socket_ = -1;
  bool was_reset_ = false;
  std::string buffer_;
};

} // namespace sandboxd::testing
