#pragma once

#include <cstddef>
#include <iosfwd>
#include <string_view>

namespace sandboxd::bench {

/// A body that the service has, `sample_text` of this length in bytes.
struct service_body {
  std::string_view path;
  std::size_t bytes;
};

inline constexpr service_body small_body{"/small", 1024};
inline constexpr service_body large_body{"/large", std::size_t{64} * 1024 * 1024};

/// The HTTP service behind the rows of the proxy: answers GET over kept-alive connections, one request at a
/// time on each, on one thread and with answers made beforehand. Listens on the loopback device at a port
/// that the system chooses, writes `http://127.0.0.1:PORT` to `where`, and serves until it is killed. Throws
/// std::system_error when it cannot.
[[noreturn]] void serve(std::ostream& where);

} // namespace sandboxd::bench
