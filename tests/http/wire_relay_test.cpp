/// The proxy: requests relayed to a service of a test, over real sockets.
#include "tests/http/wire_relay.hpp"
#include "tests/support/small_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <utility>

namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

/// Answers each request of a connection with its request line and body.
void echo_service(service_connection& client) {
  for (std::string head; !(head = client.read_until("\r\n\r\n")).empty();) {
    std::string body;
    if (const auto at = head.find("Content-Length: "); at != std::string::npos)
      body = client.read(std::stoul(head.substr(at + 16)));
    else if (head.find("Transfer-Encoding: chunked") != std::string::npos)
      body = client.read_until("0\r\n\r\n");
    const auto text = head.substr(0, head.find("\r\n")) + "|" + body;
    client.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
  }
}

TEST_F(wire_relay, passes_method_path_query_and_body) {
  small_service service(echo_service);
  const auto server = serve();
  raw_client client(server->port());
  EXPECT_EQ(client.exchange(get(path(service, "/a/b?c=%20d"))).body, "GET /a/b?c=%20d HTTP/1.1|");
  EXPECT_EQ(
      client.exchange("PATCH " + path(service) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
          .body,
      "PATCH / HTTP/1.1|hello");
  // In chunks of the proxy's own, without extensions and trailers.
  client.send(
      "PUT " + path(service) +
      " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;evil=1\r\nhello\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "PUT / HTTP/1.1|5\r\nhello\r\n0\r\n\r\n");
  // The connection is the server's own again.
  EXPECT_EQ(client.exchange(get("/own")).body, "GET\n/own\n\n");
}

TEST_F(wire_relay, reaches_exposed_ports_only_and_never_its_own) {
  small_service service(echo_service);
  std::uint16_t exposed = service.port();
  wire_server server(context, echo, {}, nullptr, {[&](std::uint16_t port) { return port == exposed; }, {}});
  EXPECT_EQ(raw_client(server.port()).exchange(get(path(service))).status, 200);
  exposed = 1;
  const auto hidden = raw_client(server.port()).exchange(get(path(service)));
  EXPECT_EQ(hidden.status, 404);
  EXPECT_EQ(hidden.body, "refused: Port " + std::to_string(service.port()) + " is not exposed");
  exposed = server.port();
  EXPECT_EQ(raw_client(server.port()).exchange(get("/proxy/" + std::to_string(exposed) + "/")).status, 404);
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(wire_relay, the_same_path_is_an_ordinary_one_where_there_is_no_proxy) {
  wire_server server(context, echo);
  EXPECT_EQ(raw_client(server.port()).exchange(get("/proxy/80/x")).body, "GET\n/proxy/80/x\n\n");
}

TEST_F(wire_relay, refuses_what_names_no_port) {
  const auto server = serve();
  for (const char* target : {"/proxy", "/proxy/", "/proxy/127.0.0.2:22/", "/proxy/0/", "/proxy/70000/"}) {
    const auto refused = raw_client(server->port()).exchange(get(target));
    EXPECT_EQ(refused.status, 400) << target;
  }
}

TEST_F(wire_relay, tells_of_a_service_that_does_not_listen_or_hangs_up_or_talks_nonsense) {
  const auto server = serve();
  std::uint16_t closed = 0;
  closed = small_service([](service_connection&) {}).port();
  const auto refused = raw_client(server->port()).exchange(get("/proxy/" + std::to_string(closed) + "/"));
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.body,
            "refused: Service on port " + std::to_string(closed) + " is not responding: Connection refused");
  small_service rude([](service_connection& client) { client.read_until("\r\n\r\n"); });
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(rude))).status, 502);
  small_service other([](service_connection& client) { client.write("SSH-2.0-OpenSSH\r\n"); });
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(other))).status, 502);
  small_service torn([](service_connection& client) { client.write("HTTP/1.1 200 OK\r\nContent-Le"); });
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(torn))).status, 502);
}

TEST_F(wire_relay, gives_a_service_that_does_not_answer_up) {
  settings.response_timeout = std::chrono::milliseconds(200);
  const auto server = serve();
  small_service silent([](service_connection& client) { client.read_to_end(); });
  raw_client client(server->port());
  EXPECT_EQ(client.exchange(get(path(silent))).status, 504);
  EXPECT_EQ(server->log.get().status, 504);
}

TEST_F(wire_relay, gives_a_client_that_does_not_send_its_body_up) {
  settings.response_timeout = std::chrono::milliseconds(200);
  const auto server = serve();
  small_service patient([](service_connection& client) { client.read_to_end(); });
  raw_client client(server->port());
  client.send("POST " + path(patient) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(wire_relay, an_answer_that_ends_early_is_not_taken_for_whole) {
  const auto server = serve();
  small_service counted([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  });
  raw_client client(server->port());
  client.send(get(path(counted)));
  EXPECT_FALSE(client.read_reply().complete);
  small_service chunked([](service_connection& other) {
    other.read_until("\r\n\r\n");
    other.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });
  raw_client second(server->port());
  second.send(get(path(chunked)));
  EXPECT_FALSE(second.read_reply().complete);
  EXPECT_EQ(server->log.get(1).ended, http::outcome::cut);
}

TEST_F(wire_relay, a_body_that_ends_with_the_connection_ends_ours) {
  const auto server = serve();
  small_service old([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });
  raw_client client(server->port());
  client.send(get(path(old)));
  const auto text = client.read_to_end();
  EXPECT_THAT(text, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\nuntil the end")) << text;
}

TEST_F(wire_relay, answers_without_a_body_end_with_their_head) {
  const auto server = serve();
  small_service service([](service_connection& client) {
    for (std::string head; !(head = client.read_until("\r\n\r\n")).empty();)
      client.write(head.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                   : head.starts_with("GET /empty")
                       ? "HTTP/1.1 204 No Content\r\n\r\n"
                       : "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  });
  raw_client client(server->port());
  client.send("HEAD " + path(service) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("\r\nContent-Length: 1000\r\n"));
  client.send(get(path(service, "/empty")));
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 204 "));
  client.send(get(path(service, "/cached")));
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(client.exchange(get("/own")).status, 200);
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(wire_relay, connections_to_a_service_are_used_again_by_any_client) {
  small_service service(echo_service);
  const auto server = serve();
  for (int i = 0; i < 5; ++i) {
    raw_client client(server->port());
    EXPECT_EQ(client.exchange(get(path(service))).status, 200);
    EXPECT_EQ(client.exchange(get(path(service))).status, 200);
  }
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(wire_relay, a_connection_that_the_service_has_closed_costs_no_request) {
  small_service once([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto server = serve();
  raw_client client(server->port());
  for (int i = 1; i <= 20; ++i)
    EXPECT_EQ(client.exchange(get(path(once))).status, 200) << i;
  EXPECT_EQ(once.connections(), 20);
}

/// The service takes the second request and hangs up, as one does whose time for idle connections is just
/// over.
TEST_F(wire_relay, a_request_is_repeated_on_a_new_connection_when_a_kept_one_fails_and_it_may_be) {
  std::atomic<int> asked = 0;
  small_service tired([&](service_connection& client) {
    for (int i = 0; i < 2; ++i) {
      if (client.read_until("\r\n\r\n").empty())
        return;
      ++asked;
      if (i == 0)
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const auto server = serve();
  raw_client client(server->port());
  EXPECT_EQ(client.exchange(get(path(tired))).status, 200);
  EXPECT_EQ(client.exchange(get(path(tired))).status, 200);
  EXPECT_EQ(tired.connections(), 2);
  EXPECT_EQ(asked, 3);
  // A POST goes on a connection of its own at once.
  EXPECT_EQ(client.exchange("POST " + path(tired) + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(tired.connections(), 3);
}

TEST_F(wire_relay, passes_continue_and_hints_on) {
  small_service service([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
    const auto body = client.read(5);
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send("POST " + path(service) +
              " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(client.read_reply().body, "hello");
}

TEST_F(wire_relay, an_early_answer_ends_the_connection) {
  small_service strict([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send("POST " + path(strict) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  const auto reply = client.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.body, "no!");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(wire_relay, events_arrive_as_they_are_sent) {
  std::promise<void> seen;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "9\r\ndata: 1\n\n\r\n");
    seen.get_future().wait();
    client.write("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  EXPECT_THAT(client.read_until("data: 1\n\n"), HasSubstr("text/event-stream"));
  seen.set_value();
  client.read_until("data: 2\n\n");
}

TEST_F(wire_relay, both_sides_of_another_protocol_are_passed_on_until_both_have_ended) {
  std::promise<std::string> got;
  small_service service([&](service_connection& client) {
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("\r\nUpgrade: websocket\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nSec-WebSocket-Key: abc\r\n"));
    client.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwelcome");
    got.set_value(client.read_to_end());
    client.write("goodbye");
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service), "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n") +
              "early");
  EXPECT_THAT(client.read_until("welcome"), HasSubstr("\r\nUpgrade: websocket\r\n"));
  client.send(" and late");
  client.shut_down_sending();
  EXPECT_EQ(client.read_to_end(), "goodbye");
  EXPECT_EQ(got.get_future().get(), "early and late");
  EXPECT_EQ(server->log.get().status, 101);
  EXPECT_EQ(server->log.get().ended, http::outcome::complete);
}

TEST_F(wire_relay, another_protocol_that_nobody_has_asked_for_is_refused) {
  small_service sly([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  });
  const auto server = serve();
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(sly))).status, 502);
}

TEST_F(wire_relay, a_client_that_leaves_takes_its_connection_to_the_service_along) {
  std::promise<void> ended;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.read_to_end();
    ended.set_value();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  client.read_until("\r\n\r\n");
  client.reset();
  ended.get_future().get();
  EXPECT_EQ(server->log.get().ended, http::outcome::client_gone);
}

TEST_F(wire_relay, a_client_that_closes_its_side_gets_what_still_comes_in_time) {
  std::promise<void> closed;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe");
    closed.get_future().wait();
    client.write("re");
    client.read_to_end();
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(service)));
  client.read_until("he");
  client.shut_down_sending();
  closed.set_value();
  EXPECT_EQ(client.read_to_end(), "re");
}

TEST_F(wire_relay, a_client_that_closes_its_side_waits_for_nothing_for_ever) {
  small_service silent([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe");
    client.read_to_end();
  });
  const auto server = serve([](auto& http) { http.stream_stall_timeout = std::chrono::milliseconds(100); });
  raw_client client(server->port());
  client.send(get(path(silent)));
  client.read_until("he");
  client.shut_down_sending();
  EXPECT_EQ(server->log.get().ended, http::outcome::stalled);
}

TEST_F(wire_relay, neither_side_is_read_faster_than_the_other_takes) {
  constexpr std::size_t more_than_sockets_hold = 64u << 20;
  std::atomic<std::size_t> written = 0;
  small_service endless([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(65'536, 'x');
    while (written < more_than_sockets_hold && client.write(piece))
      written += piece.size();
  });
  const auto server = serve([](auto& http) { http.stream_stall_timeout = std::chrono::milliseconds(300); });
  raw_client client(server->port(), 4096);
  client.send(get(path(endless)));
  EXPECT_EQ(server->log.get().ended, http::outcome::stalled);
  EXPECT_LT(written, more_than_sockets_hold);
}

TEST_F(wire_relay, requests_that_come_together_are_answered_one_after_another) {
  small_service service(echo_service);
  const auto server = serve();
  raw_client client(server->port());
  client.send(get("/first") + get(path(service, "/2")) + get(path(service, "/3")) + get("/last"));
  EXPECT_EQ(client.read_reply().body, "GET\n/first\n\n");
  EXPECT_EQ(client.read_reply().body, "GET /2 HTTP/1.1|");
  EXPECT_EQ(client.read_reply().body, "GET /3 HTTP/1.1|");
  EXPECT_EQ(client.read_reply().body, "GET\n/last\n\n");
}

/// The guard reads ahead while a request is served, which must end before the relay reads.
TEST_F(wire_relay, a_request_may_follow_one_that_takes_its_time) {
  small_service service(echo_service);
  http::responder_ptr held;
  awaited<int> asked;
  const auto server = std::make_unique<wire_server>(
      context,
      [&](const http::request_ptr&, const http::responder_ptr& answer) {
        held = answer;
        asked.set(1);
      },
      nullptr, nullptr, reaching_all());
  raw_client client(server->port());
  client.send(get("/slow"));
  asked.get();
  client.send("GET /proxy/");
  std::exchange(held, nullptr)->send({200, {}, "slow"});
  EXPECT_EQ(client.read_reply().body, "slow");
  client.send(std::to_string(service.port()) + "/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "GET /x HTTP/1.1|");
  client.send(get("/slow"));
  asked.get(1);
  client.send(get(path(service, "/y")));
  std::exchange(held, nullptr)->send({200, {}, "slow"});
  EXPECT_EQ(client.read_reply().body, "slow");
  EXPECT_EQ(client.read_reply().body, "GET /y HTTP/1.1|");
}

/// The first service takes nothing of the second request and hangs up while it is being written to.
TEST_F(wire_relay, a_repeated_request_is_whole_and_so_is_what_the_first_attempt_sent) {
  const std::string filling(59'000, 'x');
  std::atomic<int> connections = 0;
  std::promise<std::string> left_behind;
  std::promise<void> answered;
  small_service service(
      [&](service_connection& client) {
        const bool is_first = connections++ == 0;
        const auto head = client.read_until("\r\n\r\n");
        const auto size = std::to_string(head.size());
        client.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size.size()) + "\r\n\r\n" + size);
        if (!is_first)
          return (void)client.read_to_end();
        client.shut_down_sending();
        answered.get_future().wait();
        left_behind.set_value(client.read_to_end());
      },
      AF_INET, true);
  const auto server = serve([](auto& http) { http.max_header_bytes = 100'000; });
  raw_client client(server->port());
  EXPECT_EQ(client.exchange(get(path(service))).status, 200);
  const auto second = client.exchange(get(path(service), "X-Filling: " + filling + "\r\n"));
  EXPECT_EQ(second.status, 200);
  EXPECT_GT(std::stoul(second.body), filling.size());
  answered.set_value();
  const auto sent = left_behind.get_future().get();
  EXPECT_EQ(sent.find_first_not_of('x', sent.find("X-Filling: ") + 11), std::string::npos)
      << "bytes of somebody else";
}

TEST_F(wire_relay, a_tunnel_that_begins_before_the_request_has_left_gets_all_of_it_in_order) {
  const std::string filling(59'000, 'x');
  std::promise<void> sent;
  std::promise<std::string> got;
  small_service eager(
      [&](service_connection& client) {
        client.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        sent.get_future().wait();
        got.set_value(client.read_to_end());
      },
      AF_INET, true);
  const auto server = serve([](auto& http) { http.max_header_bytes = 100'000; });
  raw_client client(server->port());
  client.send(
      get(path(eager), "Connection: Upgrade\r\nUpgrade: websocket\r\nX-Filling: " + filling + "\r\n"));
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr(" 101 "));
  const std::string frames(50'000, 'y');
  client.send(frames);
  client.shut_down_sending();
  sent.set_value();
  const auto all = got.get_future().get();
  const auto head_end = all.find("\r\n\r\n");
  ASSERT_NE(head_end, std::string::npos);
  EXPECT_THAT(all.substr(0, head_end), HasSubstr("\r\nX-Filling: " + filling + "\r\n"));
  EXPECT_EQ(all.substr(head_end + 4), frames);
}

/// What a client reads differently than we do would become the answer to its next request, maybe one to us.
TEST_F(wire_relay, no_service_can_answer_for_another) {
  const std::string forged = "0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED";
  const std::pair<std::string, int> answers[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;\n12\r\nab\r\n" + forged + "\r\n0\r\n\r\n",
       200},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 502},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502},
      {"HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n", 502},
      {"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", 502},
  };
  const auto server = serve();
  for (const auto& [answer, status] : answers) {
    small_service sly([&, text = answer](service_connection& client) {
      client.read_until("\r\n\r\n");
      client.write(text);
      client.read_to_end();
    });
    raw_client client(server->port());
    client.send(get(path(sly)));
    const auto reply = client.read_reply();
    EXPECT_EQ(reply.status, status) << answer;
    EXPECT_EQ(reply.head.find(";"), std::string::npos);
    EXPECT_EQ(reply.body.find('\n'), std::string::npos) << "framing of the service's own";
  }
  small_service lengthy([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n");
    client.read_to_end();
  });
  raw_client client(server->port());
  client.send(get(path(lengthy)));
  EXPECT_THAT(client.read_until("\r\n\r\n"), Not(HasSubstr("Content-Length")));
  EXPECT_EQ(client.exchange(get("/own")).body, "GET\n/own\n\n");
}

TEST_F(wire_relay, announcements_without_end_are_no_answer) {
  small_service chatty([](service_connection& client) {
    client.read_until("\r\n\r\n");
    while (client.write("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(chatty)));
  const auto all = client.read_to_end();
  EXPECT_LE(std::count(all.begin(), all.end(), '1'), 100);
}

/// A byte of its next request must not hide that the client has left.
TEST_F(wire_relay, a_client_that_has_sent_more_and_left_is_waited_for_no_longer_than_another) {
  small_service silent([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.read_to_end();
  });
  const auto server = serve([](auto& http) { http.stream_stall_timeout = std::chrono::milliseconds(200); });
  raw_client client(server->port());
  client.send(get(path(silent)));
  client.read_until("\r\n\r\n");
  client.send("G");
  client.close();
  EXPECT_NE(server->log.get().ended, http::outcome::complete);
}

TEST_F(wire_relay, a_tunnel_whose_service_takes_nothing_ends) {
  std::promise<void> over;
  small_service stuck(
      [&](service_connection& client) {
        client.read_until("\r\n\r\n");
        client.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        over.get_future().wait();
      },
      AF_INET, true);
  const auto server = serve([](auto& http) { http.stream_stall_timeout = std::chrono::milliseconds(200); });
  raw_client client(server->port());
  client.send(get(path(stuck), "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  client.read_until("\r\n\r\n");
  client.send(std::string(100'000, 'y'));
  EXPECT_EQ(server->log.get().ended, http::outcome::stalled);
  over.set_value();
}

TEST_F(wire_relay, ends_when_its_port_is_exposed_no_more) {
  small_service service([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    client.read_to_end();
  });
  std::atomic<bool> is_exposed = true;
  wire_server server(context, echo, {}, nullptr, {[&](std::uint16_t) { return is_exposed.load(); }, {}});
  raw_client client(server.port());
  client.send(get(path(service), "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  client.read_until("\r\n\r\n");
  is_exposed = false;
  EXPECT_EQ(server.log.get().ended, http::outcome::cut);
}

TEST_F(wire_relay, no_more_relays_than_allowed) {
  settings.max_relayed = 1;
  std::promise<void> go;
  small_service service([&](service_connection& client) {
    client.read_until("\r\n\r\n");
    go.get_future().wait();
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    client.read_to_end();
  });
  const auto server = serve();
  raw_client first(server->port());
  first.send(get(path(service)));
  ASSERT_TRUE(eventually([&] { return service.connections() == 1; }));
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(service))).status, 503);
  go.set_value();
  EXPECT_EQ(first.read_reply().status, 200);
}

TEST_F(wire_relay, is_cut_when_the_server_stops) {
  small_service silent([](service_connection& client) { client.read_to_end(); });
  const auto server = serve();
  raw_client client(server->port());
  client.send(get(path(silent)));
  ASSERT_TRUE(eventually([&] { return silent.connections() == 1; }));
  EXPECT_EQ(server->server->close_all(std::chrono::milliseconds(50)), 1u);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server->log.get().ended, http::outcome::cut);
}

/// What would let one client put words into the mouth of another.
TEST_F(wire_relay, nothing_of_one_request_becomes_another) {
  small_service service(echo_service);
  const auto server = serve();
  for (const char* head :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Content-Length : 5\r\n",
        "Transfer-Encoding:\x0b chunked\r\n"}) {
    raw_client client(server->port());
    client.send("POST " + path(service) + " HTTP/1.1\r\nHost: a\r\n" + head +
                "\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n");
    EXPECT_GE(client.read_reply().status, 400) << head;
  }
  raw_client client(server->port());
  client.send("POST " + path(service) +
              " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 400);
  EXPECT_EQ(raw_client(server->port()).exchange(get(path(service))).body, "GET / HTTP/1.1|");
}

} // namespace
} // namespace sandboxd::testing
