#include "ports/port_probe.hpp"
#include "tests/support/small_service.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace sandboxd::ports {
namespace {

using sandboxd::testing::service_connection;
using sandboxd::testing::small_service;
using ::testing::HasSubstr;

class port_probe : public ::testing::Test {
protected:
  ~port_probe() override {
    work_.reset();
    thread_.join();
  }

  probe_result probe(probe_request request) {
    auto promise = std::make_shared<std::promise<probe_result>>();
    probe_port(context_, std::move(request), {},
               [promise](probe_result result) { promise->set_value(result); });
    return promise->get_future().get();
  }

  /// Answers every request with this.
  static small_service::handler answering(std::string answer) {
    return [answer = std::move(answer)](service_connection& client) {
      client.read_until("\r\n\r\n");
      client.write(answer);
      client.read_to_end();
    };
  }

private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_{[this] { context_.run(); }};
};

TEST_F(port_probe, finds_a_listener_on_either_loopback_and_none_where_none_is) {
  for (const int family : {AF_INET, AF_INET6}) {
    std::uint16_t port = 0;
    {
      small_service service([](service_connection&) {}, family);
      port = service.port();
      EXPECT_TRUE(probe({port, probe_mode::tcp, "/"}).ready);
    }
    const auto closed = probe({port, probe_mode::tcp, "/"});
    EXPECT_FALSE(closed.ready);
    EXPECT_EQ(closed.problem, "Connection refused");
  }
}

TEST_F(port_probe, judges_the_status) {
  small_service service(answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  const auto refused = probe({service.port(), probe_mode::http, "/"});
  EXPECT_FALSE(refused.ready);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.problem, "Unexpected status: 404 (expected 200-399)");
  EXPECT_TRUE(probe({service.port(), probe_mode::http, "/", 404, 404}).ready);
}

TEST_F(port_probe, asks_as_a_client_of_localhost_would) {
  std::promise<std::string> asked;
  small_service service([&](service_connection& client) {
    asked.set_value(client.read_until("\r\n\r\n"));
    client.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 Done\r\n\r\n");
  });
  const auto result = probe({service.port(), probe_mode::http, "/a b"});
  EXPECT_EQ(result.status, 204);
  const auto head = asked.get_future().get();
  EXPECT_THAT(head, HasSubstr("GET /a%20b HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nHost: localhost:" + std::to_string(service.port()) + "\r\n"));
}

TEST_F(port_probe, follows_redirects_that_stay_and_judges_those_that_leave) {
  small_service service([](service_connection& client) {
    const auto head = client.read_until("\r\n\r\n");
    const bool is_first = head.starts_with("GET /first ");
    const bool leaves = head.starts_with("GET /leave ");
    client.write(is_first ? "HTTP/1.1 302 Found\r\nLocation: /second\r\nContent-Length: 0\r\n\r\n"
                 : leaves ? "HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n"
                          : "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(probe({service.port(), probe_mode::http, "/first"}).status, 201);
  EXPECT_EQ(probe({service.port(), probe_mode::http, "/leave"}).status, 302);
}

TEST_F(port_probe, gives_a_circle_of_redirects_up_after_ten) {
  small_service service(answering("HTTP/1.1 307 Again\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"));
  const auto result = probe({service.port(), probe_mode::http, "/"});
  EXPECT_EQ(result.status, 307);
  EXPECT_EQ(service.connections(), 11);
}

TEST_F(port_probe, is_not_taken_in_by_what_speaks_no_http_or_says_nothing) {
  small_service other(answering("SSH-2.0-OpenSSH_9.2\r\n"));
  EXPECT_EQ(probe({other.port(), probe_mode::http, "/"}).problem, "The answer is no HTTP");
  small_service silent([](service_connection& client) { client.read_until("\r\n\r\n"); });
  EXPECT_EQ(probe({silent.port(), probe_mode::http, "/"}).problem,
            "The connection was closed without an answer");
}

TEST_F(port_probe, ends_within_its_time) {
  small_service stuck([](service_connection& client) { client.read_to_end(); });
  const auto began = std::chrono::steady_clock::now();
  const auto result = probe({stuck.port(), probe_mode::http, "/"});
  EXPECT_FALSE(result.ready);
  EXPECT_GE(std::chrono::steady_clock::now() - began, probe_timeout);
  EXPECT_EQ(result.problem, "No answer within 5 seconds");
}

} // namespace
} // namespace sandboxd::ports
