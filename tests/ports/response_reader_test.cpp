#include "ports/response_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::ports {
namespace {

using progress = response_reader::progress;

struct example {
  const char* name;
  std::string_view bytes;
  bool to_head;
  int status;
  response_end end;
  std::size_t head_bytes;
  std::size_t all_bytes; ///< of the response; what follows belongs to nobody
  bool keep_alive;
};

constexpr std::string_view counted = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP";
constexpr std::string_view empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP";
constexpr std::string_view chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\nHTTP";
constexpr std::string_view bare = "HTTP/1.1 204 No Content\r\nA: b\r\n\r\nHTTP";
constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello";
constexpr std::string_view going_on = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n";
constexpr std::string_view old = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi";

std::size_t head_of(std::string_view bytes) {
  return bytes.find("\r\n\r\n") + 4;
}

const example examples[] = {
    {"counted", counted, false, 200, response_end::counted, head_of(counted), head_of(counted) + 5, true},
    {"empty", empty, false, 200, response_end::counted, head_of(empty), head_of(empty), true},
    {"to_head", counted, true, 200, response_end::no_body, head_of(counted), head_of(counted), true},
    {"chunked", chunked, false, 200, response_end::chunked, head_of(chunked), chunked.size() - 4, true},
    {"bare", bare, false, 204, response_end::no_body, head_of(bare), head_of(bare), true},
    {"switching", switching, false, 101, response_end::no_body, head_of(switching), head_of(switching), true},
    {"going_on", going_on, false, 100, response_end::no_body, head_of(going_on), head_of(going_on), true},
    {"old", old, false, 200, response_end::counted, head_of(old), old.size(), false},
};

/// Feeds all of it in pieces given by their ends; returns how many bytes were taken of head and response.
std::pair<std::size_t, std::size_t> feed(response_reader& reader, std::string_view bytes,
                                         const std::vector<std::size_t>& cuts) {
  std::size_t taken = 0;
  std::size_t head = 0;
  for (const auto cut : cuts) {
    while (taken < cut && reader.where() != progress::complete && reader.where() != progress::failed) {
      taken += reader.feed(bytes.substr(taken, cut - taken));
      if (head == 0 && reader.where() != progress::in_head)
        head = taken;
    }
  }
  return {head, taken};
}

TEST(response_reader, finds_head_and_end_however_the_bytes_are_cut) {
  std::mt19937 random(20261126);
  for (const auto& one : examples)
    for (int round = 0; round < 200; ++round) {
      std::vector<std::size_t> cuts;
      std::uniform_int_distribution<std::size_t> step(1, round == 0 ? 1 : one.bytes.size());
      for (std::size_t at = 0; at < one.bytes.size(); cuts.push_back(at))
        at = std::min(one.bytes.size(), at + step(random));
      response_reader reader(one.to_head);
      const auto [head, all] = feed(reader, one.bytes, cuts);
      ASSERT_EQ(reader.where(), progress::complete) << one.name;
      EXPECT_EQ(head, one.head_bytes) << one.name;
      EXPECT_EQ(all, one.all_bytes) << one.name;
      EXPECT_EQ(reader.head().status, one.status);
      EXPECT_EQ(reader.head().end, one.end) << one.name;
      EXPECT_EQ(reader.head().keep_alive, one.keep_alive) << one.name;
    }
}

TEST(response_reader, keeps_the_fields_as_they_came_and_leaves_trailers_out) {
  response_reader reader(false);
  reader.feed("HTTP/1.1 200 All Right\r\nA: b\r\na: c\r\nEmpty:\r\nTransfer-Encoding: chunked\r\n\r\n");
  reader.feed("0\r\nLate: x\r\n\r\n");
  const std::vector<std::pair<std::string, std::string>> fields{
      {"A", "b"}, {"a", "c"}, {"Empty", ""}, {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(reader.head().fields, fields);
  EXPECT_EQ(reader.head().reason, "All Right");
  EXPECT_EQ(reader.where(), progress::complete);
}

TEST(response_reader, gives_the_content_without_its_framing) {
  response_reader reader(false);
  std::string content;
  for (const std::string_view piece : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                       "5;a=b\r\nhel", "lo\r\n1\r\n", "!\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n"}) {
    reader.feed(piece);
    for (const auto part : reader.content())
      content += part;
  }
  EXPECT_EQ(content, "hello!ab");
  EXPECT_EQ(reader.where(), progress::complete);
}

TEST(response_reader, a_body_without_length_ends_with_the_input) {
  response_reader reader(false);
  reader.feed("HTTP/1.1 200 OK\r\n\r\nsome");
  EXPECT_EQ(reader.where(), progress::in_body);
  EXPECT_EQ(reader.head().end, response_end::end_of_input);
  EXPECT_FALSE(reader.head().keep_alive);
  reader.end_of_input();
  EXPECT_EQ(reader.where(), progress::complete);
}

TEST(response_reader, what_ends_early_has_failed) {
  for (const std::string_view bytes :
       {"", "HTTP/1.1 200 OK\r\nA:", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    response_reader reader(false);
    reader.feed(bytes);
    reader.end_of_input();
    EXPECT_EQ(reader.where(), progress::failed) << bytes;
  }
}

TEST(response_reader, the_middle_of_a_counted_body_may_pass_another_way) {
  response_reader reader(false);
  const std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab";
  EXPECT_EQ(feed(reader, bytes, {bytes.size()}).second, bytes.size());
  EXPECT_EQ(reader.body_left(), 998u);
  reader.pass_over(995);
  EXPECT_EQ(reader.feed("xy"), 2u);
  EXPECT_EQ(reader.where(), progress::in_body);
  EXPECT_EQ(reader.feed("zHTTP"), 1u);
  EXPECT_EQ(reader.content(), std::vector<std::string_view>{"z"});
  EXPECT_EQ(reader.where(), progress::complete);
}

TEST(response_reader, refuses_what_two_readers_could_understand_differently) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"}) {
    response_reader reader(false);
    std::string_view rest = bytes;
    while (!rest.empty() && reader.where() != progress::failed && reader.where() != progress::complete)
      rest.remove_prefix(reader.feed(rest));
    EXPECT_EQ(reader.where(), progress::failed) << bytes;
  }
}

} // namespace
} // namespace sandboxd::ports
