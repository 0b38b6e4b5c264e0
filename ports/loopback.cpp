#include "ports/loopback.hpp"

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/post.hpp>

#include <fcntl.h>
#include <utility>

namespace sandboxd::ports {

namespace {

using asio::ip::tcp;

/// One attempt at one address.
void attempt(const std::shared_ptr<tcp::socket>& socket, const asio::any_io_executor& where,
             const tcp::endpoint& service, std::function<void(const asio::error_code&)> done) {
  asio::error_code fault;
  socket->close(fault);
  socket->open(service.protocol(), fault);
  if (fault) {
    asio::post(where, [done = std::move(done), fault] { done(fault); });
    return;
  }
  ::fcntl(socket->native_handle(), F_SETFD, FD_CLOEXEC);
  socket->set_option(tcp::no_delay(true), fault);
  socket->async_connect(
      service, asio::bind_executor(where, [socket, done = std::move(done)](const asio::error_code& failed) {
        done(!failed && !socket->is_open() ? asio::error::operation_aborted : failed);
      }));
}

} // namespace

void connect_to_loopback(const std::shared_ptr<tcp::socket>& socket, const asio::any_io_executor& where,
                         std::uint16_t port, std::function<void(const asio::error_code&)> done) {
  attempt(socket, where, {asio::ip::address_v4::loopback(), port},
          [socket, where, port, done = std::move(done)](const asio::error_code& first) {
            if (!first || first == asio::error::operation_aborted)
              return done(first);
            attempt(socket, where, {asio::ip::address_v6::loopback(), port},
                    [done, first](const asio::error_code& second) {
                      done(second && second != asio::error::operation_aborted ? first : second);
                    });
          });
}

} // namespace sandboxd::ports
