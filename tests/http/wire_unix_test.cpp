/// Clients of the Unix socket, raw bytes in and out.
#include "tests/http/wire_unix.hpp"
#include "tests/support/small_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(wire_unix, is_served_like_the_port_and_named_in_the_log) {
  wire_server wire(context, echo, at_file());
  raw_client client(file);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto reply = client.exchange("POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "POST\n/a\nb=c\nhello");
    EXPECT_EQ(wire.log.get(i).client,
              "unix:pid=" + std::to_string(::getpid()) + ",uid=" + std::to_string(::geteuid()));
  }
  EXPECT_EQ(raw_client(wire.port()).exchange(get_own).body, "GET\n/own\n\n");
  EXPECT_THAT(wire.log.get(2).client, StartsWith("127.0.0.1:"));
}

TEST_F(wire_unix, has_the_same_limits_and_clocks) {
  wire_server wire(context, echo, at_file([](config::http_settings& http) {
                     http.max_url_bytes = 256;
                     http.max_body_bytes = 1024;
                     http.header_timeout = 200ms;
                     http.body_timeout = 200ms;
                   }));
  EXPECT_EQ(raw_client(file).exchange(get("/" + std::string(300, 'a'))).status, 414);
  EXPECT_EQ(raw_client(file).exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n").status,
            413);
  EXPECT_EQ(raw_client(file).exchange("nonsense\r\n\r\n").status, 400);
  EXPECT_EQ(raw_client(file).exchange("GET / HTTP/1.1\r\nHo").status, 408);
  EXPECT_EQ(raw_client(file).exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhe").status,
            408);
  EXPECT_EQ(raw_client(file).read_to_end(), "") << "closed, for it asks for nothing";
}

TEST_F(wire_unix, shares_the_bound_of_connections_with_the_port) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(
      context,
      [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
        asked->path == "/own" ? echo(asked, answer) : waiting.set(answer);
      },
      at_file([](config::http_settings& http) { http.max_connections = 2; }));
  raw_client over_tcp(wire.port());
  raw_client over_unix(file);
  over_tcp.send(get("/"));
  over_unix.send(get("/"));
  const auto one = waiting.get(0);
  const auto other = waiting.get(1);
  raw_client more_over_tcp(wire.port()); // in the kernel's queue
  more_over_tcp.send(get_own);
  EXPECT_TRUE(more_over_tcp.silent_for(200ms));
  EXPECT_EQ(wire.server->connection_count(), 2u);
  one->send({200, {}, ""}); // now somebody is idle
  EXPECT_EQ(more_over_tcp.read_reply().body, "GET\n/own\n\n");
  raw_client more_over_unix(file); // for whom the one over TCP gives way
  EXPECT_EQ(more_over_unix.exchange(get_own).body, "GET\n/own\n\n");
  EXPECT_EQ(more_over_tcp.read_to_end(), "");
  raw_client last_over_tcp(wire.port()); // and the other way round
  EXPECT_EQ(last_over_tcp.exchange(get_own).body, "GET\n/own\n\n");
  EXPECT_EQ(more_over_unix.read_to_end(), "");
  other->send({200, {}, ""});
}

TEST_F(wire_unix, never_exceeds_that_bound_with_the_port) {
  std::unique_ptr<wire_server> wire;
  std::atomic<std::size_t> most = 0;
  const auto count = [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
    for (auto now = wire->server->connection_count(), before = most.load();
         now > before && !most.compare_exchange_weak(before, now);) {
    }
    echo(asked, answer);
  };
  wire = std::make_unique<wire_server>(context, count, at_file([](config::http_settings& http) {
                                         http.io_threads = 4;
                                         http.max_connections = 3;
                                       }));
  const auto come_and_go = [&](auto connect) {
    return std::thread([connect] {
      for (int i = 0; i < 40; ++i) {
        const auto client = connect(); // which may have to give way before it has asked
        client->send("GET /own HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client->read_to_end();
      }
    });
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(come_and_go([&] { return std::make_unique<raw_client>(wire->port()); }));
    clients.push_back(come_and_go([&] { return std::make_unique<raw_client>(file); }));
  }
  for (auto& client : clients)
    client.join();
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, 3u);
}

/// Hears when the client of its one request leaves.
class server_for_one {
public:
  server_for_one(asio::io_context& context, const wire_server::setting& adjust)
      : wire(
            context,
            [this](const http::request_ptr&, const http::responder_ptr& answer) {
              answer->on_left([this] { left.set(true); });
              answers.set(answer);
            },
            adjust) {}

  awaited<bool> left;
  awaited<http::responder_ptr> answers;
  wire_server wire;
};

TEST_F(wire_unix, hears_of_clients_that_leave) {
  for (const auto leave : {&raw_client::close, &raw_client::shut_down_sending}) {
    context.restart(); // the server before has stopped it
    server_for_one server(context, at_file());
    raw_client client(file);
    client.send(get_own);
    const auto answer = server.answers.get();
    (client.*leave)();
    EXPECT_TRUE(server.left.get());
    answer->send({200, {}, "too late"});
    EXPECT_EQ(server.wire.log.get().ended, http::outcome::client_gone);
    server.answers.clear();
  }
}

TEST_F(wire_unix, ends_streams_of_who_takes_nothing) {
  awaited<std::shared_ptr<http::response_stream>> streams;
  wire_server wire(
      context,
      [&](const http::request_ptr&, const http::responder_ptr& answer) {
        streams.set(answer->stream(200, {}, http::stream_kind::events));
      },
      at_file([](config::http_settings& http) { http.stream_stall_timeout = 200ms; }));
  raw_client client(file);
  client.send(get_own);
  const auto stream = streams.get();
  for (int i = 0; i < 200; ++i)
    stream->write(std::string(100'000, 'x'));
  EXPECT_EQ(wire.log.get().ended, http::outcome::stalled);
  EXPECT_EQ(wire.server->connection_count(), 0u);
  streams.clear();
}

TEST_F(wire_unix, reaches_services_behind_the_proxy_and_never_the_servers_own_port) {
  const std::string body(20'000'000, 'x'); // long enough to be spliced
  std::string head;
  small_service service([&](service_connection& client) {
    head = client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  const auto server = serve(at_file());
  raw_client client(file);
  EXPECT_TRUE(client.exchange(get(path(service))).body == body);
  EXPECT_THAT(head, HasSubstr("\r\nX-Forwarded-For: unknown\r\n"));
  EXPECT_EQ(client.exchange(get_own).body, "GET\n/own\n\n");
  EXPECT_EQ(client.exchange(get("/proxy/" + std::to_string(server->port()) + "/")).status, 404);
}

} // namespace
} // namespace sandboxd::testing
