#pragma once

#include "bench/response_parser.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// Where a server listens: IPv4 address and port.
struct endpoint {
  std::string address;
  std::uint16_t port = 0;
};

/// Reads `http://ADDRESS:PORT`; throws std::invalid_argument for anything else. The address 0.0.0.0, which a
/// server may print as its own, becomes 127.0.0.1.
endpoint parse_endpoint(std::string_view url);

/// One non-blocking TCP connection to the server with the parser of its answers. Used by one thread.
class connection {
public:
  explicit connection(endpoint server) : server_(std::move(server)) {}
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects (waiting, which on the loopback device takes microseconds). Throws std::system_error.
  void open();

  /// Closes at once, whatever is under way, and forgets all that was sent or received.
  void close();

  /// True when the peer has closed an open connection that waits for no answer.
  bool abandoned() const;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  /// Sends as much of a request as the kernel takes; `flush` sends the rest.
  void send(std::string request);

  /// Goes on sending. Returns false when the peer has gone.
  bool flush();

  /// True while part of the request waits for the kernel.
  bool sending() const { return sent_ < request_.size(); }

  /// Reads once what has arrived and hands it to the parser. Returns false at the end of the stream.
  bool receive();

  response_parser& response() { return parser_; }

private:
  endpoint server_;
  int descriptor_ = -1;
  std::string request_;
  std::size_t sent_ = 0;
  response_parser parser_;
};

} // namespace sandboxd::bench
