/// Whole requests over a real socket: framing, keep-alive, pipelining, and what every response carries.
#include "tests/http/wire_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>

namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class wire_requests : public wire_test {};

TEST_F(wire_requests, a_request_is_answered_and_the_connection_kept) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  for (int i = 0; i < 3; ++i) {
    auto reply = client.exchange("GET /api/ping?a=b%20c HTTP/1.1\r\nHost: ping\r\n\r\n");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "GET\n/api/ping\na=b%20c\n");
    EXPECT_EQ(reply.header("connection"), "keep-alive");
  }
}

TEST_F(wire_requests, every_response_carries_cors_once_and_a_request_id) {
  wire_server wire(context, [](const http::request_ptr& asked, const http::responder_ptr& answer) {
    answer->send({200, {{"Access-Control-Allow-Origin", "*"}, {"X-Request-Id", "mine"}}, asked->id});
  });
  raw_client client(wire.port());
  auto reply = client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.headers.count("access-control-allow-origin"), 1u);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_EQ(reply.header("access-control-allow-methods"), "GET, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(reply.header("access-control-allow-headers"),
            "Content-Type, Authorization, X-Session-Id, X-Sandbox-Id, X-Trace-Id");
  EXPECT_EQ(reply.headers.count("x-request-id"), 1u);
  EXPECT_EQ(reply.header("x-request-id"), reply.body);
  auto next = client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(next.body, reply.body);
}

TEST_F(wire_requests, a_harmless_request_id_of_the_client_is_kept_and_another_replaced) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  auto kept = client.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-123.Z_9\r\n\r\n");
  EXPECT_EQ(kept.header("x-request-id"), "abc-123.Z_9");
  for (const std::string& bad : {std::string("a b"), std::string(65, 'x'), std::string("<script>")}) {
    auto replaced = client.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + bad + "\r\n\r\n");
    EXPECT_NE(replaced.header("x-request-id"), bad);
    EXPECT_FALSE(replaced.header("x-request-id").empty());
  }
}

TEST_F(wire_requests, a_request_sent_byte_by_byte_is_understood) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  std::string request = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (char byte : request)
    ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.read_reply().body, "POST\n/slow\n\nhello");
}

TEST_F(wire_requests, pipelined_requests_are_answered_in_order) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests.append("POST /")
        .append(std::to_string(i))
        .append(" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  client.send(requests);
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(client.read_reply().body, "POST\n/" + std::to_string(i) + "\n\nabc");
}

TEST_F(wire_requests, pipelined_requests_with_long_heads_and_answers_are_answered_in_order) {
  const std::string filler(9'000, 'h');
  const std::string long_answer(300'000, 'a');
  const std::string expected_rest = filler + long_answer;
  wire_server wire(context, [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
    answer->send(
        {200, {}, asked->path + (asked->header("x") ? *asked->header("X") : "no header") + long_answer});
  });
  raw_client client(wire.port());
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests.append("GET /")
        .append(std::to_string(i))
        .append(" HTTP/1.1\r\nHost: a\r\nX: ")
        .append(filler)
        .append("\r\n\r\n");
  client.send(requests);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(client.read_reply().body == "/" + std::to_string(i) + expected_rest) << i;
}

TEST_F(wire_requests, pipelined_requests_wait_for_an_answer_given_later_by_another_thread) {
  awaited<http::responder_ptr> first;
  wire_server wire(context, [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
    asked->path == "/first" ? first.set(answer) : echo(asked, answer);
  });
  raw_client client(wire.port());
  client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  std::thread([&] { first.get()->send({200, {}, "first"}); }).join();
  EXPECT_EQ(client.read_reply().body, "first");
  EXPECT_EQ(client.read_reply().body, "GET\n/second\n\n");
}

TEST_F(wire_requests, a_chunked_body_arrives_without_its_framing) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  auto reply = client.exchange("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(reply.body, "POST\n/c\n\nhello world");
  EXPECT_EQ(client.exchange("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET\n/next\n\n");
}

TEST_F(wire_requests, a_body_of_a_megabyte_goes_in_and_out_unchanged) {
  wire_server wire(context, [](const http::request_ptr& asked, const http::responder_ptr& answer) {
    answer->send({200, {}, asked->body});
  });
  raw_client client(wire.port());
  std::string body(1 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>(i * 31 + i / 256);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  client.send(body);
  EXPECT_TRUE(client.read_reply().body == body);
  wire.log.get();
  EXPECT_TRUE(wire.comes_to_hold_nothing());
}

TEST_F(wire_requests, head_is_get_without_the_body) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  client.send("HEAD /thing HTTP/1.1\r\nHost: a\r\n\r\n");
  auto reply = client.read_reply(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), std::to_string(std::string("GET\n/thing\n\n").size()));
  EXPECT_EQ(client.exchange("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET\n/next\n\n");
  EXPECT_EQ(wire.log.get(0).method, "HEAD");
}

TEST_F(wire_requests, connection_close_is_honoured) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  auto reply = client.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.ends());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(wire_requests, http_1_0_closes_unless_asked_to_keep_alive) {
  wire_server wire(context, echo);
  raw_client plain(wire.port());
  EXPECT_EQ(plain.exchange("GET / HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(plain.ends());
  raw_client kept(wire.port());
  EXPECT_EQ(kept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
  EXPECT_EQ(kept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
}

TEST_F(wire_requests, a_client_that_half_closes_still_gets_the_answer) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.shut_down_sending();
  waiting.get()->send({200, {}, "late"});
  EXPECT_EQ(client.read_reply().body, "late");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(wire.log.get().ended, http::outcome::complete);
}

TEST_F(wire_requests, an_offer_of_http_2_is_ignored_and_the_connection_kept) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  for (int i = 0; i < 2; ++i) {
    auto reply = client.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                 "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("connection"), "keep-alive");
  }
}

TEST_F(wire_requests, a_websocket_request_reaches_the_handler_like_any_other) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  auto reply =
      client.exchange("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n");
  EXPECT_EQ(reply.body, "GET\n/ws\n\n");
}

TEST_F(wire_requests, an_absolute_url_is_served_by_its_path) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  EXPECT_EQ(client.exchange("GET http://localhost:3000/a/b?c HTTP/1.1\r\nHost: a\r\n\r\n").body,
            "GET\n/a/b\nc\n");
}

TEST_F(wire_requests, a_handler_that_throws_gives_500_and_the_connection_goes_on) {
  wire_server wire(context, [](const http::request_ptr& asked, const http::responder_ptr& answer) {
    if (asked->path == "/bad")
      throw std::runtime_error("a bug");
    echo(asked, answer);
  });
  raw_client client(wire.port());
  EXPECT_EQ(client.exchange("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n").status, 500);
  EXPECT_EQ(client.exchange("GET /good HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(wire.reports.get(0), "a bug");
}

TEST_F(wire_requests, a_dropped_responder_gives_500) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr&) {});
  raw_client client(wire.port());
  auto reply = client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("refused: "));
}

TEST_F(wire_requests, a_second_answer_is_ignored_and_reported) {
  awaited<bool> closed;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    answer->send({200, {}, "one"});
    answer->send({200, {}, "two"});
    auto stream = answer->stream(200, {}, http::stream_kind::events);
    stream->on_closed([&] { closed.set(true); });
    stream->write("three");
    stream->finish();
  });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "one");
  EXPECT_EQ(client.read_reply().body, "one");
  EXPECT_THAT(wire.reports.get(0), HasSubstr("second time"));
  EXPECT_TRUE(closed.get());
}

TEST_F(wire_requests, line_breaks_in_a_header_value_cannot_add_a_header) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr& answer) {
    answer->send({200, {{"X-Name", "a\r\nSet-Cookie: b"}}, ""});
  });
  raw_client client(wire.port());
  auto reply = client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.headers.count("set-cookie"), 0u);
  EXPECT_EQ(reply.header("x-name"), "a  Set-Cookie: b");
}

TEST_F(wire_requests, the_access_log_has_one_record_per_request) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  std::string request =
      "POST /path?secret=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: id1\r\nContent-Length: 5\r\n\r\nhello";
  auto reply = client.exchange(request);
  auto record = wire.log.get(0);
  EXPECT_EQ(record.method, "POST");
  EXPECT_EQ(record.path, "/path");
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.request_id, "id1");
  EXPECT_EQ(record.bytes_in, request.size());
  EXPECT_EQ(record.bytes_out, reply.head.size() + reply.body.size());
  EXPECT_EQ(record.ended, http::outcome::complete);
  EXPECT_THAT(record.client, HasSubstr("127.0.0.1:"));
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.log.get(1);
  EXPECT_EQ(wire.log.count(), 2u);
}

TEST_F(wire_requests, several_io_threads_serve_many_connections) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.io_threads = 4; });
  std::vector<std::thread> clients;
  clients.reserve(8);
  std::atomic<int> right = 0;
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&] {
      raw_client client(wire.port());
      for (int i = 0; i < 200; ++i)
        right += client.exchange("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").body ==
                 "POST\n/x\n\nhi";
    });
  for (auto& client : clients)
    client.join();
  EXPECT_EQ(right, 8 * 200);
}

TEST_F(wire_requests, the_log_tells_what_helps_to_find_a_request_again) {
  wire_server wire(context, [](const http::request_ptr& asked, const http::responder_ptr& answer) {
    if (asked->path == "/housekeeping")
      answer->mark_internal();
    http::response failed{500, {}, "no"};
    failed.code = "INTERNAL_ERROR";
    answer->send(std::move(failed));
  });
  raw_client client(wire.port());
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Sandbox-Id: box\r\nX-Trace-Id: " + std::string(200, 't') +
                  "\r\n\r\n");
  const auto record = wire.log.get(0);
  EXPECT_EQ(record.code, "INTERNAL_ERROR");
  EXPECT_EQ(record.sandbox_id, "box");
  EXPECT_EQ(record.trace_id, std::string(128, 't'));
  EXPECT_FALSE(record.internal);
  client.exchange("GET /housekeeping HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(wire.log.get(1).internal);
}

} // namespace
} // namespace sandboxd::testing
