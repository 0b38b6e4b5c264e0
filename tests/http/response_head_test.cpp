#include "http/response_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sandboxd::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(response_head, begins_with_the_status_line_and_ends_with_an_empty_line) {
  auto head = response_head(404, {}, {response_framing::counted, 5, true, "id"});
  EXPECT_THAT(head, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Request-Id: id\r\n"));
  // RFC 9110 section 5.6.7: the preferred form of a date.
  EXPECT_THAT(head, ::testing::ContainsRegex("Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                                             "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT\r\n"));
}

TEST(response_head, framing_follows_the_form) {
  auto chunked = response_head(200, {}, {response_framing::chunked, 0, true, "id"});
  EXPECT_THAT(chunked, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(chunked, Not(HasSubstr("Content-Length")));
  auto closing = response_head(200, {}, {response_framing::until_close, 0, false, "id"});
  EXPECT_THAT(closing, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(closing, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(closing, Not(HasSubstr("Transfer-Encoding")));
}

TEST(response_head, a_status_without_body_says_nothing_of_a_length) {
  EXPECT_THAT(response_head(204, {}, {response_framing::counted, 0, true, "id"}),
              Not(HasSubstr("Content-Length")));
}

TEST(response_head, what_the_transport_decides_is_not_taken_from_the_handler) {
  header_list handlers = {{"content-length", "99"},      {"CONNECTION", "close"},
                          {"Transfer-Encoding", "gzip"}, {"Date", "today"},
                          {"x-request-id", "no"},        {"Access-Control-Allow-Origin", "no"},
                          {"Content-Type", "text/html"}};
  auto head = response_head(200, handlers, {response_framing::counted, 1, true, "id"});
  EXPECT_THAT(head, HasSubstr("Content-Type: text/html\r\n"));
  for (const char* dropped : {"99", "close", "gzip", "today", ": no\r\n"})
    EXPECT_THAT(head, Not(HasSubstr(dropped)));
}

TEST(response_head, a_value_cannot_end_its_line) {
  auto head = response_head(200, {{"X", "a\r\nb\nc"}}, {response_framing::counted, 0, true, "i\r\nd"});
  EXPECT_THAT(head, HasSubstr("X: a  b c\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Request-Id: i  d\r\n"));
}

} // namespace
} // namespace sandboxd::http
