/// What the guard refuses, how it tells the client, and what it costs the others.
#include "tests/http/wire_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <string>
#include <sys/resource.h>
#include <variant>
#include <vector>

namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void small_limits(config::http_settings& http) {
  http.max_url_bytes = 100;
  http.max_header_bytes = 1000;
  http.max_body_bytes = 10'000;
}

/// A refusal: this status, the union body of the hook, CORS, and the end of the connection without a reset.
void expect_refused(raw_client& client, int status) {
  auto reply = client.read_reply();
  EXPECT_EQ(reply.status, status) << reply.body;
  EXPECT_THAT(reply.body, StartsWith("refused: "));
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(reply.headers.count("access-control-allow-origin"), 1u);
  EXPECT_EQ(reply.headers.count("x-request-id"), 1u);
  EXPECT_TRUE(client.ends());
  EXPECT_FALSE(client.was_reset());
}

class wire_limits : public wire_test {};

TEST_F(wire_limits, a_long_url_gives_414) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("GET /" + std::string(70'000, 'u') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused(client, 414);
  auto record = wire.log.get();
  EXPECT_EQ(record.status, 414);
  EXPECT_EQ(record.ended, http::outcome::refused);
}

TEST_F(wire_limits, long_headers_give_431) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("GET /p HTTP/1.1\r\nHost: a\r\nX: " + std::string(50'000, 'v') + "\r\n\r\n");
  expect_refused(client, 431);
  EXPECT_EQ(wire.log.get().path, "/p");
}

TEST_F(wire_limits, too_many_header_fields_give_431) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.max_header_fields = 10; });
  std::string nine;
  for (int i = 0; i < 9; ++i)
    nine += "a:b\r\n";
  raw_client client(wire.port());
  EXPECT_EQ(client.exchange("GET /ten HTTP/1.1\r\nHost: a\r\n" + nine + "\r\n").status, 200);
  client.send("GET /eleven HTTP/1.1\r\nHost: a\r\n" + nine + "a:b\r\n\r\n");
  expect_refused(client, 431);
}

TEST_F(wire_limits, a_head_of_many_short_lines_within_the_limit_passes) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.max_header_fields = 13'001; });
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 13'000; ++i)
    head += "a:b\r\n";
  raw_client client(wire.port());
  EXPECT_EQ(client.exchange(head + "\r\n").status, 200);
}

TEST_F(wire_limits, heads_up_to_the_limit_pass) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    http.max_url_bytes = 100'000;
    http.max_header_bytes = 200'000;
  });
  raw_client client(wire.port());
  // "Host: a\r\n" 9 bytes, "X: ...\r\n" 5 bytes and the value, empty line 2 bytes.
  auto reply = client.exchange("GET /" + std::string(99'999, 'u') +
                               " HTTP/1.1\r\nHost: a\r\nX: " + std::string(200'000 - 16, 'v') + "\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
}

TEST_F(wire_limits, a_declared_body_too_long_gives_413_before_it_is_sent) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n\r\n");
  expect_refused(client, 413);
}

TEST_F(wire_limits, a_client_that_sends_a_refused_body_all_the_same_can_read_the_answer) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  std::string body(4 << 20, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_TRUE(client.send(body));
  expect_refused(client, 413);
}

TEST_F(wire_limits, a_chunked_body_too_long_gives_413) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i)
    client.send("100\r\n" + std::string(256, 'x') + "\r\n");
  expect_refused(client, 413);
  EXPECT_TRUE(wire.comes_to_hold_nothing());
}

TEST_F(wire_limits, a_slow_head_gives_408) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.header_timeout = 100ms; });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHos");
  expect_refused(client, 408);
}

TEST_F(wire_limits, a_head_that_drips_is_slow_too) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.header_timeout = 200ms; });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\n");
  while (client.silent_for(10ms))
    client.send("X: y\r\n");
  expect_refused(client, 408);
}

TEST_F(wire_limits, a_stalled_body_gives_408_but_a_slow_one_passes) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    http.body_timeout = 300ms;
    http.min_body_bytes_per_second = 0;
  });
  raw_client slow(wire.port());
  slow.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(slow.silent_for(60ms)); // 600 ms in all, twice the limit
    slow.send("x");
  }
  EXPECT_EQ(slow.read_reply().body, "POST\n/slow\n\nxxxxxxxxxx");
  slow.send("POST /stall HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nxxx");
  expect_refused(slow, 408);
  EXPECT_TRUE(wire.comes_to_hold_nothing());
}

TEST_F(wire_limits, a_body_that_drips_gives_408) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    http.body_timeout = 200ms;
    http.min_body_bytes_per_second = 5000; // so 1000 bytes in each 200 ms
  });
  raw_client fast(wire.port());
  fast.send("POST /fast HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(fast.silent_for(80ms)); // 480 ms in all, more than two windows
    fast.send(std::string(10'000, 'x'));
  }
  EXPECT_EQ(fast.read_reply().status, 200);
  raw_client client(wire.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  while (client.silent_for(10ms))
    client.send("x");
  expect_refused(client, 408);
}

TEST_F(wire_limits, a_connection_that_sends_nothing_at_first_is_closed_after_the_header_timeout) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.header_timeout = 200ms; });
  raw_client client(wire.port());
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(wire_limits, a_request_that_is_reset_before_it_is_whole_is_logged_once) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  client.send("POST /half HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  client.read_until("100 Continue\r\n\r\n");
  client.reset();
  auto record = wire.log.get();
  EXPECT_EQ(record.method, "POST");
  EXPECT_EQ(record.path, "/half");
  EXPECT_EQ(record.status, 0);
  EXPECT_EQ(record.ended, http::outcome::client_gone);
  EXPECT_FALSE(record.request_id.empty());
  raw_client next(wire.port());
  EXPECT_EQ(next.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(wire.log.get(1).path, "/");
}

TEST_F(wire_limits, an_idle_connection_is_closed_quietly_after_the_idle_timeout) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.idle_timeout = 200ms; });
  raw_client client(wire.port());
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(wire_limits, a_request_may_stay_unanswered_longer_than_every_timeout) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(
      context, [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); },
      [](config::http_settings& http) {
        http.idle_timeout = http.header_timeout = http.body_timeout = http.stream_stall_timeout = 50ms;
      });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto answer = waiting.get();
  EXPECT_TRUE(client.silent_for(500ms));
  answer->send({200, {}, "at last"});
  EXPECT_EQ(client.read_reply().body, "at last");
}

TEST_F(wire_limits, an_expectation_is_met_with_100_when_the_body_is_acceptable) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(client.read_reply().body, "POST\n/\n\nhello");
  // A body that comes along makes the 100 superfluous (RFC 9110 section 10.1.1).
  auto reply = client.exchange(
      "POST /2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(reply.status, 200);
}

TEST_F(wire_limits, an_expectation_is_met_with_the_final_status_when_it_is_not) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10001\r\n\r\n");
  expect_refused(client, 413);
}

TEST_F(wire_limits, malformed_requests_give_400) {
  wire_server wire(context, echo, small_limits);
  for (const std::string& request : {
           std::string("GET / HTTP/1.1\nHost: a\n\n"),
           std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n0\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
           std::string("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"),
           std::string("\x16\x03\x01 hello TLS"),
       }) {
    raw_client client(wire.port());
    client.send(request);
    expect_refused(client, 400);
  }
}

TEST_F(wire_limits, a_bad_request_behind_good_ones_is_refused_after_their_answers) {
  wire_server wire(context, echo, small_limits);
  raw_client client(wire.port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nBad "
              "Name: x\r\n\r\n"
              "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "GET\n/1\n\n");
  EXPECT_EQ(client.read_reply().body, "GET\n/2\n\n");
  expect_refused(client, 400);
}

TEST_F(wire_limits, half_a_request_and_the_end_of_input_give_400) {
  wire_server wire(context, echo);
  for (const char* half : {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"}) {
    raw_client client(wire.port());
    client.send(half);
    client.shut_down_sending();
    expect_refused(client, 400);
  }
}

TEST_F(wire_limits, unknown_methods_give_404) {
  wire_server wire(context, echo);
  for (const char* method : {"TRACE", "PROPFIND", "BREW"}) {
    raw_client client(wire.port());
    client.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_refused(client, 404);
  }
}

TEST_F(wire_limits, a_request_that_is_judged_badly_is_refused_and_its_connection_asked_for_once) {
  std::atomic<int> asked = 0;
  std::atomic<std::uint16_t> port = 0;
  wire_server wire(context, echo, {}, [&](http::server_hooks& hooks) {
    hooks.origin_of = [&](const http::peer& from) {
      ++asked;
      const auto& ends = std::get<http::tcp_peer>(from);
      EXPECT_EQ(ends.remote.address().to_string(), "127.0.0.1");
      EXPECT_NE(ends.remote.port(), 0);
      EXPECT_EQ(ends.local.port(), port);
      return http::origin::workload;
    };
    hooks.judge = [](http::origin from, const http::request_head& head) -> std::optional<http::refusal> {
      EXPECT_EQ(from, http::origin::workload);
      return head.authorization == "Bearer right" ? std::nullopt : std::optional(http::refusal{403, "no"});
    };
  });
  port = wire.port();
  raw_client client(wire.port());
  const std::string request = "GET /open HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer right\r\n\r\n";
  EXPECT_EQ(client.exchange(request).status, 200);
  EXPECT_EQ(client.exchange(request).status, 200);
  client.send("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  expect_refused(client, 403); // before any of the body
  EXPECT_EQ(asked, 1);
}

TEST_F(wire_limits, an_authorization_that_is_given_twice_gives_400) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n");
  expect_refused(client, 400);
}

TEST_F(wire_limits, the_budget_of_buffered_bytes_is_shared_by_all_connections) {
  awaited<http::responder_ptr> waiting;
  http::request_ptr held_request;
  wire_server wire(
      context,
      [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
        held_request = asked; // and with it its share
        waiting.set(answer);
      },
      [](config::http_settings& http) {
        http.max_url_bytes = http.max_header_bytes = 300;
        http.max_buffered_bytes = 10'000;
      });
  auto post = [](std::size_t bytes) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
           std::string(bytes, 'x');
  };
  raw_client holder(wire.port());
  holder.send(post(8000));
  auto held = waiting.get(0);
  EXPECT_GT(wire.server->buffered_bytes(), 8000u) << "the head counts, too";
  EXPECT_LT(wire.server->buffered_bytes(), 8200u);

  raw_client refused(wire.port());
  refused.send(post(3000));
  EXPECT_EQ(refused.read_reply().status, 503);

  raw_client chunked(wire.port());
  chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" +
               std::string(3000, 'x'));
  EXPECT_EQ(chunked.read_reply().status, 503);

  held->send({200, {}, ""});
  EXPECT_EQ(holder.read_reply().status, 200);
  held.reset();
  held_request.reset();
  wire.log.get(2); // 503, 503, 200: the request is over and its share given back
  raw_client next(wire.port());
  next.send(post(3000));
  waiting.get(1)->send({200, {}, ""});
  EXPECT_EQ(next.read_reply().status, 200);
}

TEST_F(wire_limits, the_budget_of_buffered_bytes_covers_header_lines_that_never_end) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    http.max_header_bytes = 20'000;
    http.max_buffered_bytes = 10'000;
  });
  raw_client client(wire.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nendless: " + std::string(12'000, 'x'));
  expect_refused(client, 503);
}

TEST_F(wire_limits, a_body_that_could_never_be_held_gives_413_and_not_503) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    http.max_body_bytes = 100'000;
    http.max_buffered_bytes = 10'000;
  });
  for (const char* length : {"10001", "100001"}) {
    raw_client client(wire.port());
    client.send(std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ") + length + "\r\n\r\n");
    expect_refused(client, 413);
  }
}

TEST_F(wire_limits, at_the_connection_limit_new_clients_wait_while_all_others_are_busy) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(
      context,
      [&](const http::request_ptr& asked, const http::responder_ptr& answer) {
        asked->path == "/third" ? echo(asked, answer) : waiting.set(answer);
      },
      [](config::http_settings& http) { http.max_connections = 2; });
  raw_client first(wire.port());
  raw_client second(wire.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto answer = waiting.get(0);
  waiting.get(1);
  raw_client third(wire.port()); // in the kernel's queue
  third.send("GET /third HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(third.silent_for(300ms));
  EXPECT_EQ(wire.server->connection_count(), 2u);
  answer->send({200, {}, ""}); // now one is idle
  EXPECT_EQ(third.read_reply().body, "GET\n/third\n\n");
  waiting.get(1)->send({200, {}, ""});
}

TEST_F(wire_limits, at_the_connection_limit_the_longest_idle_gives_way_to_a_new_client) {
  wire_server wire(context, echo, [](config::http_settings& http) { http.max_connections = 2; });
  raw_client first(wire.port());
  raw_client second(wire.port());
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  first.exchange(get);
  second.exchange(get);
  first.exchange(get); // so the second is idle for longer
  raw_client third(wire.port());
  EXPECT_EQ(third.exchange(get).status, 200);
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_EQ(first.exchange(get).status, 200);
}

TEST_F(wire_limits, workloads_are_closed_once_half_of_all_connections_are_taken) {
  std::atomic<bool> is_workload = true;
  wire_server wire(
      context, echo, [](config::http_settings& http) { http.max_connections = 4; },
      [&](http::server_hooks& hooks) {
        hooks.is_surely_workload = [&](const http::peer&) { return is_workload.load(); };
      });
  raw_client first(wire.port()); // which say nothing
  raw_client second(wire.port());
  ASSERT_TRUE(eventually([&] { return wire.server->connection_count() == 2; }));
  raw_client third(wire.port());
  EXPECT_EQ(third.read_to_end(), "");
  is_workload = false;
  raw_client fourth(wire.port());
  EXPECT_EQ(fourth.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_TRUE(first.silent_for(50ms));
}

/// Calls `look` with every socket of this process.
template <typename Look>
void for_each_socket(Look look) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:"))
      look(std::stoi(entry.path().filename()));
  }
}

TEST_F(wire_limits, no_socket_is_inherited_by_another_program) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  int sockets = 0;
  for_each_socket([&](int descriptor) {
    ++sockets;
    EXPECT_TRUE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) << descriptor;
  });
  EXPECT_GE(sockets, 3) << "listening, accepted and the client's";
}

TEST_F(wire_limits, the_kernel_probes_silent_connections) {
  wire_server wire(context, echo);
  raw_client client(wire.port());
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  int accepted = 0;
  for_each_socket([&](int descriptor) {
    sockaddr_in peer{};
    sockaddr_in own{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
        ntohs(own.sin_port) != wire.port())
      return;
    ++accepted;
    int on = 0;
    int seconds = 0;
    size = sizeof on;
    ::getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    ::getsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, &size);
    EXPECT_EQ(on, 1);
    EXPECT_EQ(seconds, 60);
  });
  EXPECT_EQ(accepted, 1);
}

/// The highest descriptor number open now.
int highest_descriptor() {
  int highest = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    highest = std::max(highest, std::stoi(entry.path().filename()));
  return highest;
}

TEST_F(wire_limits, when_descriptors_run_out_accepting_goes_on_once_there_are_some) {
  wire_server wire(context, echo);
  raw_client before(wire.port());
  before.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  raw_client client(wire.port());
  client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  // The listener waits for the next client now; its accept will find no number left.
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit none_left{static_cast<rlim_t>(highest_descriptor()), limit.rlim_max};
  std::vector<int> fill;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  for (int taken = ::dup(0); taken >= 0; taken = ::dup(0))
    fill.push_back(taken);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(wire.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(wire.reports.get(), HasSubstr("Too many open files"));
  for (int taken : fill)
    ::close(taken);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  raw_client after(wire.port());
  EXPECT_EQ(after.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(wire.reports.count(), 1u);
  ::close(waiting);
}

TEST_F(wire_limits, random_garbage_never_harms_the_server) {
  wire_server wire(context, echo, [](config::http_settings& http) {
    small_limits(http);
    http.header_timeout = http.body_timeout = 100ms;
  });
  std::mt19937 random(4711);
  const std::vector<std::string> words = {"GET ",
                                          "POST ",
                                          "/",
                                          "HTTP/1.1",
                                          "\r\n",
                                          "\r\n\r\n",
                                          "Host: a\r\n",
                                          "Content-Length: ",
                                          "Transfer-Encoding: chunked\r\n",
                                          "5",
                                          "0\r\n\r\n",
                                          "hello",
                                          ": ",
                                          "\n",
                                          "\xff",
                                          std::string(1, '\0'),
                                          "Expect: 100-continue\r\n",
                                          "Connection: close\r\n",
                                          "Upgrade: websocket\r\nConnection: Upgrade\r\n"};
  for (int round = 0; round < 150; ++round) {
    raw_client client(wire.port());
    std::string bytes;
    for (auto count = random() % 40; count > 0; --count)
      bytes +=
          random() % 8 == 0 ? std::string(1, static_cast<char>(random())) : words[random() % words.size()];
    client.send(bytes);
    client.shut_down_sending();
    ASSERT_THAT(client.read_to_end(), AnyOf("", StartsWith("HTTP/1.1 "))) << "round " << round;
  }
  raw_client client(wire.port());
  EXPECT_EQ(client.exchange("GET /alive HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

} // namespace
} // namespace sandboxd::testing
