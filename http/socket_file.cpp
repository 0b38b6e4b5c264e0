#include "http/socket_file.hpp"

#include <asio/local/stream_protocol.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::http {

namespace {

using asio::local::stream_protocol;

/// 0 when somebody accepts there, else an errno; does not wait.
int try_to_connect(asio::io_context& context, const stream_protocol::endpoint& there) {
  stream_protocol::socket probe(context, stream_protocol());
  close_on_exec(probe.native_handle());
  probe.native_non_blocking(true);
  return ::connect(probe.native_handle(), there.data(), static_cast<socklen_t>(there.size())) == 0 ? 0
                                                                                                   : errno;
}

} // namespace

socket_file::socket_file(std::string path, config::socket_access access)
    : path_(std::move(path)), access_(access) {}

void socket_file::fail(int error) const {
  throw std::system_error(error, std::generic_category(), fmt::format("http.unix-socket = {}", path_));
}

acceptor socket_file::listen(asio::io_context& context) {
  const stream_protocol::endpoint here(path_);
  acceptor made(context);
  made.open(here.protocol());
  close_on_exec(made.native_handle());
  asio::error_code fault;
  made.bind(here, fault);
  if (fault == asio::error::address_in_use) {
    remove_stale(context);
    made.bind(here, fault);
  }
  if (fault)
    fail(fault.value());
  struct stat info {};
  if (::lstat(path_.c_str(), &info) != 0)
    fail(errno);
  made_ = true;
  device_ = info.st_dev;
  number_ = info.st_ino;
  // Until it listens, all are refused.
  const mode_t mode = access_ == config::socket_access::group ? 0660 : 0600;
  if (::fchmodat(AT_FDCWD, path_.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0)
    fail(errno);
  start_to_listen(made, fault);
  if (fault)
    fail(fault.value());
  return made;
}

void socket_file::remove_stale(asio::io_context& context) const {
  struct stat info {};
  if (::lstat(path_.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode))
    fail(EEXIST);
  if (try_to_connect(context, stream_protocol::endpoint(path_)) != ECONNREFUSED)
    fail(EADDRINUSE);
  ::unlink(path_.c_str());
}

void socket_file::remove() noexcept {
  struct stat info {};
  if (std::exchange(made_, false) && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
      info.st_ino == number_)
    ::unlink(path_.c_str());
}

} // namespace sandboxd::http
