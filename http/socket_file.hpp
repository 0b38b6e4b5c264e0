#pragma once

#include "config/settings.hpp"
#include "http/acceptor.hpp"

#include <asio/io_context.hpp>

#include <string>
#include <sys/types.h>

namespace sandboxd::http {

/// The file of a Unix socket at which the server listens. Not safe from several threads at once.
class socket_file {
public:
  socket_file(std::string path, config::socket_access access);
  ~socket_file() { remove(); }
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

  /// Makes the file and listens; its permissions are set before anybody can connect. A socket that nobody
  /// listens at any more, of a server that was killed, is replaced. Throws std::system_error that names
  /// `http.unix-socket` and the cause, among them EADDRINUSE (somebody listens there) and EEXIST (no socket).
  [[nodiscard]] acceptor listen(asio::io_context& context);

  /// Removes the file, if it is still the one that `listen` has made. To be called while the socket still
  /// listens: nobody replaces it as long.
  void remove() noexcept;

private:
  [[noreturn]] void fail(int error) const;
  void remove_stale(asio::io_context& context) const;

  const std::string path_;
  const config::socket_access access_;
  bool made_ = false;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

} // namespace sandboxd::http
