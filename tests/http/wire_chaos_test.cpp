/// Many clients of every kind at once, some well behaved, some not: nothing is left behind, nothing hangs.
#include "tests/http/wire_server.hpp"

#include <asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;

class wire_chaos : public wire_test {
protected:
  void serve(const http::request_ptr& asked, const http::responder_ptr& answer) {
    ++served;
    if (asked->path == "/throw")
      throw std::runtime_error("on purpose");
    if (asked->path == "/drop")
      return;
    if (asked->path == "/later")
      return asio::post(context, [asked, answer] { echo(asked, answer); });
    if (asked->path == "/stream" || asked->path == "/break") {
      auto stream = answer->stream(200, {}, http::stream_kind::events);
      stream->keep_alive(": ka\n\n", 1ms);
      stream->on_closed([] {});
      for (int i = 0; i < 20; ++i)
        asio::post(context, [stream] { stream->write(std::string(3000, 'x')); });
      if (asked->path == "/stream")
        asio::post(context, [stream] { stream->finish(); });
      return;
    }
    echo(asked, answer);
  }

  /// What one client sends on one connection; ends in one of several ways.
  void behave(std::uint16_t port, std::mt19937& random) const {
    static const std::vector<std::string> paths = {"/now", "/later", "/stream", "/throw", "/drop", "/break"};
    raw_client client(port, random() % 4 == 0 ? 4096 : 0);
    int well_formed = static_cast<int>(random() % 5);
    std::string requests;
    for (int i = 0; i < well_formed; ++i) {
      auto body = std::string(random() % 3 == 0 ? random() % 100'000 : 5, 'b');
      requests.append("POST ")
          .append(paths[random() % paths.size()])
          .append(" HTTP/1.1\r\nHost: a\r\nContent-Length: ");
      requests.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    }
    if (random() % 2 == 0)
      requests.resize(random() % (requests.size() + 1));
    if (random() % 8 == 0)
      requests += "garbage\r\n\r\n";
    bool alive = true;
    for (std::size_t at = 0; alive && at < requests.size();) {
      auto piece = requests.substr(at, 1 + random() % 40'000);
      alive = client.send(piece);
      at += piece.size();
      if (random() % 16 == 0)
        return client.reset();
    }
    switch (random() % 4) {
    case 0:
      return client.reset();
    case 1:
      return client.close();
    default:
      client.shut_down_sending();
      EXPECT_THAT(client.read_to_end(), ::testing::AnyOf("", ::testing::StartsWith("HTTP/1.1 ")));
    }
  }

  std::atomic<int> served = 0;
};

TEST_F(wire_chaos, clients_of_every_kind_leave_nothing_behind) {
  wire_server wire(
      context,
      [this](const http::request_ptr& asked, const http::responder_ptr& answer) { serve(asked, answer); },
      [](config::http_settings& http) {
        http.io_threads = 2;
        http.max_connections = 20;
        http.max_body_bytes = 90'000; // some are refused
        http.max_buffered_bytes = 200'000;
        http.header_timeout = http.body_timeout = 500ms;
      });
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (unsigned c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      std::mt19937 random(c);
      for (int i = 0; i < 150; ++i)
        behave(wire.port(), random);
    });
  for (auto& client : clients)
    client.join();
  EXPECT_EQ(wire.server->close_all(10s), 0u);
  EXPECT_EQ(wire.server->connection_count(), 0u);
  EXPECT_TRUE(wire.comes_to_hold_nothing());
  EXPECT_GE(wire.log.count(), static_cast<std::size_t>(served)); // refusals are logged too
  EXPECT_GT(served, 200);
}

} // namespace
} // namespace sandboxd::testing
