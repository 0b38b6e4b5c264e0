/// Clients that leave before the answer to their request has begun.
#include "tests/http/wire_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::testing {
namespace {

const std::string get_slow = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";

/// Keeps the right to answer until the test uses it, and hears when the client leaves.
class waiting_server {
public:
  explicit waiting_server(asio::io_context& context)
      : wire(context, [this](const http::request_ptr&, const http::responder_ptr& answer) {
          answer->on_left([this] { left.set(true); });
          answers.set(answer);
        }) {}

  awaited<bool> left;
  awaited<http::responder_ptr> answers;
  wire_server wire;
};

class wire_departure : public wire_test {};

class any_departure : public wire_departure, public ::testing::WithParamInterface<void (raw_client::*)()> {};
INSTANTIATE_TEST_SUITE_P(client, any_departure,
                         ::testing::Values(&raw_client::close, &raw_client::reset,
                                           &raw_client::shut_down_sending));

TEST_P(any_departure, is_told_once) {
  waiting_server server(context);
  raw_client client(server.wire.port());
  client.send(get_slow);
  const auto answer = server.answers.get();
  EXPECT_EQ(server.left.count(), 0u);
  (client.*GetParam())();
  EXPECT_TRUE(server.left.get());
  answer->send({200, {}, "too late"});
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::client_gone);
  EXPECT_EQ(server.left.count(), 1u);
  server.answers.clear();
}

TEST_F(wire_departure, is_no_departure_after_the_answer) {
  waiting_server server(context);
  raw_client client(server.wire.port());
  for (std::size_t i = 0; i < 3; ++i) {
    client.send(get_slow);
    server.answers.get(i)->send({200, {}, "in time"});
    EXPECT_EQ(client.read_reply().body, "in time");
  }
  client.shut_down_sending();
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.left.count(), 0u);
  server.answers.clear();
}

TEST_F(wire_departure, of_a_client_that_was_answered_before_the_handler_asked) {
  awaited<bool> left;
  awaited<http::responder_ptr> answers;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    answer->send({200, {}, "at once"});
    answer->on_left([&] { left.set(true); });
    answers.set(answer);
  });
  raw_client client(wire.port());
  client.send(get_slow);
  EXPECT_EQ(client.read_reply().body, "at once");
  client.send(get_slow);
  EXPECT_EQ(client.read_reply().body, "at once") << "the connection lives on";
  answers.clear();
}

} // namespace
} // namespace sandboxd::testing
