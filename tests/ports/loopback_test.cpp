#include "ports/loopback.hpp"
#include "tests/support/small_service.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <optional>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace sandboxd::ports {
namespace {

using asio::ip::tcp;
using sandboxd::testing::service_connection;
using sandboxd::testing::small_service;

/// Connections by sockets that somebody else makes, who answers when the test says so.
class loopback : public ::testing::Test {
protected:
  using socket_taker = std::function<void(int socket, int error)>;

  void connect(std::uint16_t port) {
    result.reset();
    connect_to_loopback(
        socket, context.get_executor(), port,
        [this](int family, socket_taker taker) { asked.emplace_back(family, std::move(taker)); },
        [this](const asio::error_code& fault) { result = fault; });
  }

  /// Answers the oldest question.
  void answer_with_a_socket() {
    const auto [family, taker] = std::move(asked.front());
    asked.erase(asked.begin());
    last_made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    taker(last_made, 0);
  }

  void run() {
    context.restart();
    context.run();
  }

  asio::io_context context;
  std::shared_ptr<tcp::socket> socket = std::make_shared<tcp::socket>(context);
  std::vector<std::pair<int, socket_taker>> asked;
  int last_made = -1;
  std::optional<asio::error_code> result;
};

TEST_F(loopback, is_connected_to_by_the_sockets_of_another_network) {
  for (const int family : {AF_INET, AF_INET6}) {
    small_service service([](service_connection& client) { client.write("here"); }, family);
    connect(service.port());
    for (run(); !asked.empty(); run())
      answer_with_a_socket();
    ASSERT_TRUE(result && !*result) << family;
    EXPECT_EQ(socket->native_handle(), last_made);
    std::array<char, 4> text{};
    EXPECT_EQ(asio::read(*socket, asio::buffer(text)), text.size());
    EXPECT_EQ(service.connections(), 1);
  }
}

TEST_F(loopback, is_not_connected_to_once_the_socket_was_closed) {
  small_service service([](service_connection&) {});
  connect(service.port());
  run();
  socket->close();
  answer_with_a_socket();
  run();
  EXPECT_EQ(result, asio::error::operation_aborted);
  EXPECT_EQ(::fcntl(last_made, F_GETFD), -1) << "it was closed, too";
  EXPECT_TRUE(asked.empty()) << "for the other address";
  EXPECT_EQ(service.connections(), 0);
}

TEST_F(loopback, tells_why_there_is_no_socket) {
  connect(1);
  for (const int family : {AF_INET, AF_INET6}) {
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked.front().first, family);
    const auto taker = std::exchange(asked.front().second, nullptr);
    asked.clear();
    taker(-1, EMFILE);
    run();
  }
  EXPECT_EQ(result, asio::error::no_descriptors);
}

} // namespace
} // namespace sandboxd::ports
