#include "bench/service.hpp"

#include "bench/sample_text.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <ostream>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>

namespace sandboxd::bench {

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

int succeeded(int result, const char* what) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::string whole_answer(std::string_view status, const std::string& body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         std::string(end_of_head) + body;
}

/// The answer to a request with this head.
const std::string& answer_to(std::string_view head) {
  static const auto small = whole_answer("200 OK", sample_text(small_body.bytes));
  static const auto large = whole_answer("200 OK", sample_text(large_body.bytes));
  static const auto none = whole_answer("404 Not Found", "");
  const auto asks_for = [&](std::string_view path) {
    return head.starts_with("GET " + std::string(path) + " ");
  };
  return asks_for(small_body.path) ? small : asks_for(large_body.path) ? large : none;
}

/// One connection.
struct peer {
  int descriptor = -1;
  std::string head;
  std::string_view unsent;
  bool waits_to_send = false;

  /// Reads and answers what is possible now. Returns false when the connection is over.
  bool progress() {
    std::array<char, 4096> bytes;
    if (unsent.empty()) {
      const auto count = recv(descriptor, bytes.data(), bytes.size(), 0);
      if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR);
      head.append(bytes.data(), static_cast<std::size_t>(count));
      if (!head.ends_with(end_of_head))
        return true;
      unsent = answer_to(head);
      head.clear();
    }
    while (!unsent.empty()) {
      const auto count = send(descriptor, unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (count < 0)
        return errno == EAGAIN || errno == EINTR;
      unsent.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
};

int listen_anywhere(std::ostream& where) {
  const int listener = succeeded(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  succeeded(bind(listener, reinterpret_cast<sockaddr*>(&address), length), "bind");
  succeeded(listen(listener, SOMAXCONN), "listen");
  succeeded(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  where << "http://127.0.0.1:" << ntohs(address.sin_port) << std::endl;
  return listener;
}

void watch(int epoll, int operation, int descriptor, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  succeeded(epoll_ctl(epoll, operation, descriptor, &event), "epoll_ctl");
}

using peers = std::unordered_map<int, peer>;

void accept_one(int epoll, int listener, peers& all) {
  const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) // the client has gone again
    return;
  const int yes = 1;
  succeeded(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
  watch(epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN);
  all[descriptor].descriptor = descriptor;
}

void attend(int epoll, int descriptor, peers& all) {
  auto& whose = all.at(descriptor);
  if (!whose.progress()) {
    close(descriptor);
    all.erase(descriptor);
    return;
  }
  const bool waits = !whose.unsent.empty();
  if (waits != whose.waits_to_send)
    watch(epoll, EPOLL_CTL_MOD, descriptor, waits ? EPOLLOUT : EPOLLIN);
  whose.waits_to_send = waits;
}

} // namespace

void serve(std::ostream& where) {
  const int listener = listen_anywhere(where);
  const int epoll = succeeded(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
  peers all;
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR)
      succeeded(count, "epoll_wait");
    for (int index = 0; index < count; ++index) {
      if (events[index].data.fd == listener)
        accept_one(epoll, listener, all);
      else
        attend(epoll, events[index].data.fd, all);
    }
  }
}

} // namespace sandboxd::bench
