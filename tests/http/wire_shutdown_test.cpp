/// Start and stop of the server.
#include "tests/http/wire_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string start_failure(const std::string& address, std::uint16_t port) {
  asio::io_context context;
  config::settings settings;
  settings.http.address = address;
  settings.http.port = port;
  http::server_hooks hooks;
  hooks.handle = echo;
  hooks.refuse = [](const http::refusal& why) { return http::response{why.status, {}, {}}; };
  http::server server(settings, context, hooks);
  try {
    server.start();
  } catch (const std::system_error& fault) {
    return fault.what();
  }
  return "started";
}

class wire_shutdown : public wire_test {};

TEST_F(wire_shutdown, a_port_in_use_is_a_clear_error) {
  wire_server wire(context, echo);
  auto text = start_failure("127.0.0.1", wire.port());
  EXPECT_THAT(text, HasSubstr("127.0.0.1:" + std::to_string(wire.port())));
  EXPECT_THAT(text, HasSubstr("Address already in use"));
}

TEST_F(wire_shutdown, an_address_that_is_none_is_a_clear_error) {
  EXPECT_THAT(start_failure("not an address", 0), HasSubstr("not an address"));
}

TEST_F(wire_shutdown, after_stop_accepting_nobody_gets_in_and_the_connected_get_their_answer) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send(get);
  auto answer = waiting.get();
  wire.server->stop_accepting();
  EXPECT_THROW(raw_client(wire.port()), std::runtime_error);
  answer->send({200, {}, "still"});
  auto reply = client.read_reply();
  EXPECT_EQ(reply.body, "still");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.ends());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(wire_shutdown, it_can_listen_again_on_the_same_port) {
  wire_server wire(context, echo);
  const auto port = wire.port();
  EXPECT_TRUE(wire.server->is_listening());
  wire.server->stop_accepting();
  EXPECT_FALSE(wire.server->is_listening());
  EXPECT_EQ(wire.port(), port);
  wire.server->start();
  EXPECT_TRUE(wire.server->is_listening());
  raw_client client(port);
  EXPECT_EQ(client.exchange(get).header("connection"), "keep-alive");
}

TEST_F(wire_shutdown, a_connection_closed_after_its_answer_lets_the_client_read_it) {
  awaited<std::shared_ptr<http::response_stream>> streams;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    streams.set(answer->stream(200, {}, http::stream_kind::events));
  });
  raw_client client(wire.port());
  client.send(get);
  client.read_until("\r\n\r\n"); // the head, which still promised to keep the connection
  wire.server->stop_accepting();
  streams.get()->write(std::string(100'000, 'x'));
  streams.get()->finish();
  wire.log.get();
  client.send("what nobody will read");
  EXPECT_THAT(client.read_to_end(), ::testing::EndsWith("x\r\n0\r\n\r\n"));
  EXPECT_FALSE(client.was_reset());
}

TEST_F(wire_shutdown, close_all_closes_idle_connections_at_once) {
  wire_server wire(context, echo);
  raw_client used(wire.port());
  raw_client fresh(wire.port());
  used.exchange(get);
  EXPECT_EQ(wire.server->close_all(10s), 0u);
  EXPECT_TRUE(used.ends());
  EXPECT_TRUE(fresh.ends());
}

TEST_F(wire_shutdown, close_all_waits_for_requests_under_way) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send(get);
  auto answer = waiting.get();
  awaited<std::size_t> cut;
  std::thread closer([&] { cut.set(wire.server->close_all(10s)); });
  EXPECT_TRUE(client.silent_for(100ms));
  EXPECT_EQ(cut.count(), 0u);
  answer->send({200, {}, "in time"});
  EXPECT_EQ(client.read_reply().body, "in time");
  client.close();
  EXPECT_EQ(cut.get(), 0u);
  closer.join();
}

TEST_F(wire_shutdown, close_all_cuts_what_is_left_after_the_grace) {
  awaited<std::shared_ptr<http::response_stream>> streams;
  awaited<bool> closed;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    auto stream = answer->stream(200, {}, http::stream_kind::events);
    stream->on_closed([&] { closed.set(true); });
    streams.set(stream);
  });
  raw_client client(wire.port());
  client.send(get);
  streams.get();
  EXPECT_EQ(wire.server->close_all(100ms), 1u);
  EXPECT_TRUE(closed.get());
  EXPECT_EQ(wire.log.get().ended, http::outcome::cut);
  EXPECT_EQ(wire.server->connection_count(), 0u);
}

TEST_F(wire_shutdown, a_server_may_be_destroyed_with_everything_still_open) {
  awaited<http::responder_ptr> waiting;
  awaited<std::shared_ptr<http::response_stream>> streams;
  wire_server wire(context, [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
    asked->path == "/s" ? streams.set(answer->stream(200, {}, http::stream_kind::events))
                        : waiting.set(answer);
  });
  raw_client idle(wire.port());
  raw_client half(wire.port());
  raw_client whole(wire.port());
  raw_client streaming(wire.port());
  idle.exchange("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  whole.send(get);
  streaming.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\n");
  waiting.get();
  streams.get();
  wire.stop();
  waiting.get()->send({200, {}, "to nobody"});
  streams.get()->write("to nobody");
}

} // namespace
} // namespace sandboxd::testing
