/// Bodies of the proxy that are long enough to be spliced.
#include "tests/http/wire_relay.hpp"
#include "tests/support/descriptor_shortage.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <thread>

namespace sandboxd::testing {
namespace {

constexpr std::size_t size = 20'000'000;

/// No two pieces of it are alike.
std::string long_body() {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    body[i] = static_cast<char>(i * 2'654'435'761u >> 13);
  return body;
}

std::string counted(std::size_t bytes) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

void echo_bodies(service_connection& client) {
  while (!client.read_until("\r\n\r\n").empty()) {
    const auto body = client.read(size);
    client.write(counted(body.size()) + body);
  }
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

using wire_relay_long = wire_relay;

TEST_F(wire_relay_long, passes_whole_in_both_directions_and_leaves_both_connections_of_use) {
  small_service service(echo_bodies);
  const auto server = serve();
  const auto body = long_body();
  raw_client client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send("POST " + path(service) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                "\r\n\r\n");
    client.send(body);
    EXPECT_TRUE(client.read_reply().body == body);
    EXPECT_GE(server->log.get(static_cast<std::size_t>(i)).bytes_out, size);
  }
  EXPECT_EQ(client.exchange(get("/own")).body, "GET\n/own\n\n");
}

/// What does not go through a pipe goes through a buffer.
TEST_F(wire_relay_long, passes_whole_when_there_are_no_descriptors_for_a_pipe) {
  const auto body = long_body();
  std::promise<void> is_short;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    is_short.get_future().wait(); // connected by now
    client.write(counted(body.size()) + body);
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  while (service.connections() == 0)
    std::this_thread::yield();
  const descriptor_shortage shortage;
  is_short.set_value();
  EXPECT_TRUE(client.read_reply().body == body);
}

TEST_F(wire_relay_long, is_cut_when_the_service_ends_early) {
  small_service service([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write(counted(size) + std::string(size / 2, 'x'));
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  EXPECT_FALSE(client.read_reply().complete);
  EXPECT_EQ(server->log.get().ended, http::outcome::cut);
}

TEST_F(wire_relay_long, what_comes_after_a_pause_is_passed_on_at_once) {
  std::promise<void> seen;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write(counted(size) + "first part");
    seen.get_future().wait();
    client.write("second part");
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  client.read_until("first part");
  seen.set_value();
  EXPECT_EQ(client.read_until("second part"), "second part");
}

/// splice(2) gets no further there, although the socket can be read.
TEST_F(wire_relay_long, goes_past_an_urgent_byte) {
  constexpr std::size_t first = 5'000'000;
  small_service service([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write(counted(size) + std::string(first, 'a'));
    client.write_urgent('!');
    client.write(std::string(size - first, 'b'));
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  EXPECT_TRUE(client.read_reply().body == std::string(first, 'a') + std::string(size - first, 'b'));
}

TEST_F(wire_relay_long, stalls_when_the_client_takes_nothing) {
  std::atomic<bool> took_all = true;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    took_all = client.write(counted(200'000'000) + std::string(200'000'000, 'x'));
  });
  const auto server = serve([](auto& http) { http.stream_stall_timeout = std::chrono::milliseconds(300); });
  raw_client client(server->port(), 4096);
  client.send(get(path(service)));
  EXPECT_EQ(server->log.get().ended, http::outcome::stalled);
  EXPECT_TRUE(eventually([&] { return !took_all; }));
}

TEST_F(wire_relay_long, leaves_no_descriptor_when_clients_leave_in_the_middle) {
  std::atomic<int> ended = 0;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write(counted(200'000'000) + std::string(20'000'000, 'x'));
    client.read_to_end();
    ++ended;
  });
  const auto server = serve();
  const auto before = open_descriptors();
  constexpr int clients = 10;
  for (int i = 0; i < clients; ++i) {
    raw_client client(server->port());
    client.send(get(path(service)));
    client.read_until("xx");
    i % 2 == 0 ? client.reset() : client.shut_down_sending();
  }
  EXPECT_TRUE(eventually([&] { return ended == clients; }));
  // The service keeps one for each connection as long as it lives.
  EXPECT_TRUE(eventually([&] { return open_descriptors() == before + clients; }))
      << open_descriptors() - before;
}

} // namespace
} // namespace sandboxd::testing
