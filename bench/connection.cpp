#include "bench/connection.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::bench {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

endpoint parse_endpoint(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const auto colon = url.rfind(':');
  endpoint result;
  if (url.starts_with(scheme) && colon != std::string_view::npos && colon > scheme.size()) {
    result.address = url.substr(scheme.size(), colon - scheme.size());
    const auto* end = url.data() + url.size();
    const auto [parsed, error] = std::from_chars(url.data() + colon + 1, end, result.port);
    if (error == std::errc{} && parsed == end) {
      if (result.address == "0.0.0.0" || result.address == "localhost")
        result.address = "127.0.0.1";
      return result;
    }
  }
  throw std::invalid_argument("not of the form http://ADDRESS:PORT: " + std::string(url));
}

connection::~connection() {
  close();
}

void connection::open() {
  close();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_.port);
  if (inet_pton(AF_INET, server_.address.c_str(), &address.sin_addr) != 1)
    throw std::invalid_argument("not an IPv4 address: " + server_.address);
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0)
    throw_errno("socket");
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close();
    throw std::system_error(error, std::generic_category(), "connect");
  }
  const int yes = 1;
  if (setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 ||
      fcntl(descriptor_, F_SETFL, O_NONBLOCK) != 0)
    throw_errno("set up socket");
}

void connection::close() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  descriptor_ = -1;
  request_.clear();
  sent_ = 0;
  parser_.reset();
}

bool connection::abandoned() const {
  char byte = 0;
  return is_open() && recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void connection::send(std::string request) {
  request_ = std::move(request);
  sent_ = 0;
  parser_.reset();
  flush();
}

bool connection::flush() {
  while (sending()) {
    const auto count = ::send(descriptor_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<std::size_t>(count);
  }
  return true;
}

bool connection::receive() {
  static thread_local std::array<char, 262'144> buffer; // holds a large answer in few reads
  const auto count = recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return true;
  if (count <= 0) {
    parser_.end_of_stream();
    return false;
  }
  parser_.feed({buffer.data(), static_cast<std::size_t>(count)});
  return true;
}

} // namespace sandboxd::bench
