#include "ports/loopback.hpp"

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/post.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::ports {

namespace {

using asio::ip::tcp;
using socket_ptr = std::shared_ptr<tcp::socket>;
using outcome_taker = std::function<void(const asio::error_code&)>;

void connect_open(const socket_ptr& socket, const asio::any_io_executor& where, const tcp::endpoint& service,
                  outcome_taker done) {
  asio::error_code ignored;
  ::fcntl(socket->native_handle(), F_SETFD, FD_CLOEXEC);
  socket->set_option(tcp::no_delay(true), ignored);
  socket->async_connect(
      service, asio::bind_executor(where, [socket, done = std::move(done)](const asio::error_code& failed) {
        done(!failed && !socket->is_open() ? asio::error::operation_aborted : failed);
      }));
}

/// Takes one of another network in the place of `socket`, which is open meanwhile, so that its owner can
/// close it.
void replace_and_connect(const socket_ptr& socket, const asio::any_io_executor& where,
                         const tcp::endpoint& service, const socket_source& sockets, outcome_taker done) {
  auto take = [socket, where, service, executor = socket->get_executor(),
               done = std::move(done)](int made, int error) mutable {
    auto other = std::make_shared<tcp::socket>(executor);
    asio::error_code fault(error, asio::error::get_system_category());
    if (!fault) {
      other->assign(service.protocol(), made, fault);
      if (fault)
        ::close(made);
    }
    asio::post(where, [socket = std::move(socket), where, service, other = std::move(other), fault,
                       done = std::move(done)]() mutable {
      if (!socket->is_open())
        return done(asio::error::operation_aborted);
      if (fault)
        return done(fault);
      *socket = std::move(*other);
      connect_open(socket, where, service, std::move(done));
    });
  };
  sockets(service.protocol().family(), std::move(take));
}

/// One attempt at one address.
void attempt(const socket_ptr& socket, const asio::any_io_executor& where, const tcp::endpoint& service,
             const socket_source& sockets, outcome_taker done) {
  asio::error_code fault;
  socket->close(fault);
  socket->open(service.protocol(), fault);
  if (fault)
    asio::post(where, [done = std::move(done), fault] { done(fault); });
  else if (sockets)
    replace_and_connect(socket, where, service, sockets, std::move(done));
  else
    connect_open(socket, where, service, std::move(done));
}

} // namespace

void connect_to_loopback(const socket_ptr& socket, const asio::any_io_executor& where, std::uint16_t port,
                         const socket_source& sockets, outcome_taker done) {
  attempt(socket, where, {asio::ip::address_v4::loopback(), port}, sockets,
          [socket, where, port, sockets, done = std::move(done)](const asio::error_code& first) {
            if (!first || first == asio::error::operation_aborted)
              return done(first);
            attempt(socket, where, {asio::ip::address_v6::loopback(), port}, sockets,
                    [done, first](const asio::error_code& second) {
                      done(second && second != asio::error::operation_aborted ? first : second);
                    });
          });
}

} // namespace sandboxd::ports
