#include "http/relayed_head.hpp"
#include "http/response_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

request_head scanned(std::string_view text) {
  head_scanner scanner({4096, 4096, 1 << 20, 100});
  EXPECT_EQ(scanner.feed(text), text.size());
  EXPECT_TRUE(scanner.complete());
  return scanner.head();
}

std::string relayed(std::string_view text) {
  return relayed_request(scanned(text), {8080, "/path"}, {"192.0.2.7", "id-1"});
}

TEST(relay_target, is_the_port_and_what_follows_it) {
  struct row {
    const char* given;
    std::uint16_t port;
    const char* target;
  };
  for (const auto& one :
       {row{"/proxy/8080", 8080, "/"}, row{"/proxy/8080/", 8080, "/"},
        row{"/proxy/8080/a/b?c=d", 8080, "/a/b?c=d"}, row{"/proxy/8080?c=d", 8080, "/?c=d"},
        row{"/proxy/65535//x", 65535, "//x"}, row{"/proxy/80/http://other/", 80, "/http://other/"}}) {
    ASSERT_TRUE(is_relayed(one.given)) << one.given;
    const auto read = read_relay_target(one.given);
    ASSERT_TRUE(std::holds_alternative<relay_target>(read)) << one.given;
    EXPECT_EQ(std::get<relay_target>(read).port, one.port);
    EXPECT_EQ(std::get<relay_target>(read).target, one.target);
  }
}

TEST(relay_target, names_nothing_but_a_port) {
  for (const char* given : {"/proxy", "/proxy?8080", "/proxy/", "/proxy/0/", "/proxy/65536/", "/proxy/-1/",
                            "/proxy/+80/", "/proxy/80a/", "/proxy/127.0.0.2:22/", "/proxy/%38%30/",
                            "/proxy/8080@example.com/", "/proxy/ 80/", "/proxy/0x50/"}) {
    ASSERT_TRUE(is_relayed(given)) << given;
    const auto read = read_relay_target(given);
    ASSERT_TRUE(std::holds_alternative<refusal>(read)) << given;
    EXPECT_EQ(std::get<refusal>(read).status, 400);
  }
  EXPECT_EQ(std::get<refusal>(read_relay_target("/proxy")).message, "Invalid proxy path");
  EXPECT_EQ(std::get<refusal>(read_relay_target("/proxy/x")).message, "Invalid port in proxy path");
  for (const char* other : {"/", "/proxyish/80", "/api/proxy/80", "/PROXY/80"})
    EXPECT_FALSE(is_relayed(other)) << other;
}

TEST(relayed_request, keeps_what_is_for_the_service_and_drops_what_is_for_the_connection) {
  const auto sent =
      relayed("GET /proxy/8080/path HTTP/1.1\r\nHost: preview.example\r\nAccept: a\r\nAccept: b\r\n"
              "Connection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n"
              "Proxy-Authorization: secret\r\nTE: trailers\r\nCookie: c=d\r\n\r\n");
  EXPECT_EQ(sent, "GET /path HTTP/1.1\r\nHost: preview.example\r\nAccept: a\r\nAccept: b\r\nCookie: c=d\r\n"
                  "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: preview.example\r\n"
                  "X-Forwarded-Proto: http\r\nX-Request-Id: id-1\r\n\r\n");
}

TEST(relayed_request, hides_an_authorization_that_is_for_us_and_no_other) {
  const auto head =
      scanned("GET /proxy/8080/path HTTP/1.1\r\nHost: a\r\nauthorization: Bearer secret\r\n\r\n");
  EXPECT_EQ(relayed_request(head, {8080, "/path"}, {"192.0.2.7", "id-1", true}).find("secret"),
            std::string::npos);
  EXPECT_NE(relayed_request(head, {8080, "/path"}, {"192.0.2.7", "id-1", false})
                .find("authorization: Bearer secret\r\n"),
            std::string::npos);
}

TEST(relayed_request, adds_to_what_proxies_before_have_said) {
  const auto sent =
      relayed("GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Host: outer\r\n"
              "X-Forwarded-Proto: https\r\n\r\n");
  EXPECT_THAT(sent, HasSubstr("X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Forwarded-Host: outer\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Forwarded-Proto: https\r\n"));
}

TEST(relayed_request, frames_the_body_anew) {
  EXPECT_THAT(relayed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"),
              HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(relayed("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\r\nContent-Length: 0\r\n"));
  const auto chunked =
      relayed("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(chunked, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(chunked, HasSubstr("\r\nExpect: 100-continue\r\n"));
  EXPECT_THAT(chunked, Not(HasSubstr("Content-Length")));
}

TEST(relayed_request, asks_for_another_protocol_only_when_it_was_asked_to) {
  EXPECT_THAT(relayed("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
              HasSubstr("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
  for (const char* text : {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n"})
    EXPECT_THAT(relayed(text), Not(HasSubstr("pgrade"))) << text;
}

TEST(relayed_request, of_an_old_client_ends_the_connection) {
  EXPECT_THAT(relayed("GET / HTTP/1.0\r\n\r\n"), HasSubstr(" HTTP/1.0\r\n"));
  EXPECT_THAT(relayed("GET / HTTP/1.0\r\n\r\n"), HasSubstr("\r\nConnection: close\r\n"));
}

ports::response_head answer(std::string_view text, bool to_head = false) {
  ports::response_reader reader(to_head);
  reader.feed(text);
  return reader.head();
}

TEST(relayed_response, keeps_what_is_for_the_client_and_drops_what_is_for_the_connection) {
  const auto sent = relayed_response(
      answer("HTTP/1.0 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
             "Keep-Alive: timeout=5\r\nContent-Length: 3\r\n\r\n"),
      {1, true, "id-1"});
  EXPECT_EQ(sent, "HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n"
                  "X-Request-Id: id-1\r\n" +
                      std::string(cors_header_lines()) + "\r\n");
}

TEST(relayed_response, leaves_what_a_service_says_of_other_origins_alone) {
  const auto sent = relayed_response(
      answer("HTTP/1.1 204 Yes\r\nAccess-Control-Allow-Origin: https://one.example\r\n\r\n"), {});
  EXPECT_THAT(sent, HasSubstr("\r\nAccess-Control-Allow-Origin: https://one.example\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Access-Control-Allow-Methods")));
}

TEST(relayed_response, tells_the_end_of_the_body_as_the_service_does) {
  EXPECT_THAT(relayed_response(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), {}),
              HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(relayed_response(answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", true), {}),
              HasSubstr("\r\nContent-Length: 7\r\n")); // of a HEAD: what a GET would have
  EXPECT_THAT(relayed_response(answer("HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"), {}),
              HasSubstr("\r\nETag: x\r\n"));
}

TEST(relayed_response, says_what_becomes_of_the_connection) {
  const auto head = answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(relayed_response(head, {1, false, ""}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(relayed_response(head, {1, true, ""}), Not(HasSubstr("Connection")));
  EXPECT_THAT(relayed_response(head, {0, true, ""}), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(relayed_response(answer("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                                      "Upgrade: websocket\r\n\r\n"),
                               {1, false, ""}),
              HasSubstr("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_EQ(relayed_response(answer("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"), {1, true, "id"}),
            "HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
}

TEST(relayed_request, is_repeated_only_when_that_changes_nothing) {
  EXPECT_TRUE(may_be_repeated(scanned("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  EXPECT_TRUE(may_be_repeated(scanned("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")));
  EXPECT_FALSE(may_be_repeated(scanned("POST / HTTP/1.1\r\nHost: a\r\n\r\n")));
  EXPECT_FALSE(may_be_repeated(scanned("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n")));
  EXPECT_FALSE(may_be_repeated(scanned("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")));
}

} // namespace
} // namespace sandboxd::http
