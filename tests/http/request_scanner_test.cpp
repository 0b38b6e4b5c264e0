/// Heads, bodies and message boundaries: a table of good and bad requests after RFC 9112, each in every way
/// of cutting that is cheap enough, and seeded random cuts and bytes.
#include "http/request_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::http {
namespace {

using progress = request_scanner::progress;

constexpr request_limits small_limits{64, 256, 32, 16};

/// What came out of a scan.
struct verdict {
  progress where = progress::before_head;
  int status = 0; ///< when refused
  std::string message;
  std::string forwarded;
  std::string body;
  std::size_t used = 0; ///< bytes of the message

  bool operator==(const verdict&) const = default;
};

std::ostream& operator<<(std::ostream& out, const verdict& v) {
  return out << "{where " << static_cast<int>(v.where) << ", status " << v.status << " '" << v.message
             << "', forwarded '" << v.forwarded << "', body '" << v.body << "', used " << v.used << "}";
}

/// Scans one message in pieces of the sizes that `next_size` gives.
template <typename Next_size>
verdict scan(const std::string& bytes, Next_size next_size) {
  request_scanner scanner(small_limits);
  std::size_t used = 0;
  std::size_t available = 0;
  for (;;) {
    used += scanner.feed(std::string_view(bytes).substr(used, available - used));
    if (scanner.where() == progress::head_complete)
      scanner.begin_body();
    else if (scanner.where() == progress::complete || scanner.where() == progress::refused ||
             available == bytes.size())
      break;
    else
      available = std::min(bytes.size(), available + next_size());
  }
  verdict result{scanner.where(), 0, {}, {}, scanner.body(), used};
  if (scanner.where() == progress::refused) {
    result.status = scanner.why().status;
    result.message = scanner.why().message;
  }
  if (scanner.where() == progress::complete)
    result.forwarded = scanner.head().forwarded;
  return result;
}

verdict scan_whole(const std::string& bytes) {
  return scan(bytes, [&] { return bytes.size(); });
}

struct good_request {
  const char* name;
  std::string bytes;
  std::string forwarded;
  std::string body;
};

const std::vector<good_request>& good_requests() {
  static const std::vector<good_request> cases = {
      {"simple", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"http_1_0_without_host", "GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n", ""},
      {"higher_minor_version", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"one_empty_line_before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\n\r\n",
       ""},
      {"white_space_around_a_value", "GET / HTTP/1.1\r\nHost:\t a b \t\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a b\r\n\r\n", ""},
      {"no_space_before_a_value", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"empty_value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "GET / HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n",
       ""},
      {"bytes_above_ascii_in_a_value", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a\r\nX:\xc3\xa4\r\n\r\n", ""},
      {"options_of_the_server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
       "OPTIONS * HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"absolute_url", "GET HTTP://h:1/a?b HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /a?b HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"absolute_url_without_path", "GET http://h HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"absolute_url_with_query_only", "GET http://h?q HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /?q HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"counted_body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", "hello"},
      {"counted_body_of_nothing", "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0\r\n\r\n",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"leading_zeros_of_a_length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 002\r\n\r\nab",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", "ab"},
      {"body_as_long_as_allowed",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + std::string(32, 'x'),
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", std::string(32, 'x')},
      {"chunked_body",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", "abc0123456789"},
      {"chunk_extension_and_trailer",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\nx\r\n000;z\r\nT: "
       "1\r\nU: 2\r\n\r\n",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", "x"},
      {"chunked_body_as_long_as_allowed",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + std::string(31, 'x') +
           "\r\n1\r\ny\r\n0\r\n\r\n",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", std::string(31, 'x') + "y"},
      {"expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
       "POST / HTTP/1.1\r\nHost:a\r\n\r\n", "x"},
      {"upgrade_to_http_2_is_dropped", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      {"upgrade_to_websocket_stays", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a\r\nUpgrade:WebSocket\r\n\r\n", ""},
      {"url_as_long_as_allowed", "GET /" + std::string(63, 'u') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /" + std::string(63, 'u') + " HTTP/1.1\r\nHost:a\r\n\r\n", ""},
      // 256 bytes of header lines: "Host: a\r\n" is 9, "X: " + value + "\r\n" is 5 + n, the empty line is 2.
      {"headers_as_long_as_allowed", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(240, 'v') + "\r\n\r\n",
       "GET / HTTP/1.1\r\nHost:a\r\nX:" + std::string(240, 'v') + "\r\n\r\n", ""},
  };
  return cases;
}

std::string repeated(int times, std::string_view line) {
  std::string lines;
  for (int i = 0; i < times; ++i)
    lines += line;
  return lines;
}

struct bad_request {
  const char* name;
  std::string bytes;
  int status;
};

const std::vector<bad_request>& bad_requests() {
  static const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  static const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  static const std::vector<bad_request> cases = {
      {"garbage", "\x16\x03\x01\x02", 400},
      {"two_empty_lines_before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"line_feed_before", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space_before_the_method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method_with_a_slash", "G/T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"endless_method", std::string(33, 'G'), 400},
      {"two_spaces_after_the_method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"relative_url", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"url_of_another_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority_as_url", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab_in_the_url", "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"zero_byte_in_the_url", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
      {"fragment_in_the_url", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"byte_above_ascii_in_the_url", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"url_too_long", "GET /" + std::string(64, 'u'), 414},
      {"no_version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"version_in_small_letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"version_with_more_digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"version_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"version_0_9", "GET / HTTP/0.9\r\n\r\n", 505},
      {"space_after_the_version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"bare_line_feed_after_the_request_line", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare_line_feed_after_a_header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"bare_line_feed_as_empty_line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"bare_carriage_return_in_a_value", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
      {"carriage_return_twice", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
      {"folded_header", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400},
      {"first_header_begins_with_white_space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"white_space_before_the_colon", post + "Content-Length : 5\r\n\r\nhello", 400},
      {"white_space_in_a_name", post + "Content Length: 5\r\n\r\nhello", 400},
      {"header_without_colon", post + "Nonsense\r\n\r\n", 400},
      {"header_without_name", post + ": value\r\n\r\n", 400},
      {"zero_byte_in_a_value", post + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"delete_character_in_a_value", post + "X: a\x7f\r\n\r\n", 400},
      {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"headers_too_long", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(245, 'v'), 431},
      {"many_headers", "GET / HTTP/1.1\r\nHost: a\r\n" + repeated(16, "A: b\r\n"), 431},
      {"many_dropped_headers", "GET / HTTP/1.1\r\nHost: a\r\n" + repeated(16, "Upgrade:x\r\n"), 431},
      {"length_with_sign", post + "Content-Length: +5\r\n\r\nhello", 400},
      {"negative_length", post + "Content-Length: -1\r\n\r\n", 400},
      {"hexadecimal_length", post + "Content-Length: 0x5\r\n\r\nhello", 400},
      {"empty_length", post + "Content-Length:\r\n\r\n", 400},
      {"list_of_lengths", post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {"two_different_lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
      {"the_same_length_twice", post + "Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello", 400},
      {"length_and_encoding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"encoding_and_length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"encoding_twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"encoding_in_http_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"unknown_encoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"disguised_encoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"unknown_expectation", post + "Expect: a-miracle\r\n\r\n", 417},
      {"body_too_long", post + "Content-Length: 33\r\n\r\n", 413},
      {"length_beyond_64_bits", post + "Content-Length: 99999999999999999999999\r\n\r\n", 413},
      {"chunk_too_long", chunked + "21", 413},
      {"chunks_too_long_together", chunked + "20\r\n" + std::string(32, 'x') + "\r\n1", 413},
      {"chunk_size_of_many_digits", chunked + std::string(17, '0'), 400},
      {"no_chunk_size", chunked + "\r\n", 400},
      {"negative_chunk_size", chunked + "-1\r\n", 400},
      {"chunk_size_with_prefix", chunked + "0x1\r\n", 400},
      {"space_after_the_chunk_size", chunked + "1 \r\nx\r\n", 400},
      {"bare_line_feed_after_the_chunk_size", chunked + "1\nx\r\n", 400},
      {"bare_line_feed_in_an_extension", chunked + "1;a\nx\r\n", 400},
      {"endless_extension", chunked + "1;" + std::string(257, 'e'), 431},
      {"chunk_longer_than_it_says", chunked + "1\r\nxy\r\n", 400},
      {"chunk_ended_by_a_bare_line_feed", chunked + "1\r\nx\n", 400},
      {"folded_trailer", chunked + "0\r\nA: b\r\n c\r\n\r\n", 400},
      {"trailers_too_long", chunked + "0\r\nA: " + std::string(254, 't'), 431},
  };
  return cases;
}

TEST(request_scanner, accepts_good_requests_and_forwards_them_without_framing) {
  for (const auto& good : good_requests()) {
    verdict expected{progress::complete, 0, {}, good.forwarded, good.body, good.bytes.size()};
    EXPECT_EQ(scan_whole(good.bytes), expected) << good.name;
    EXPECT_EQ(scan(good.bytes, [] { return std::size_t{1}; }), expected) << good.name << " byte by byte";
  }
}

TEST(request_scanner, refuses_bad_requests_with_their_status) {
  for (const auto& bad : bad_requests()) {
    auto result = scan_whole(bad.bytes);
    EXPECT_EQ(result.where, progress::refused) << bad.name;
    EXPECT_EQ(result.status, bad.status) << bad.name << ": " << result.message;
    EXPECT_EQ(scan(bad.bytes, [] { return std::size_t{1}; }), result) << bad.name << " byte by byte";
  }
}

TEST(request_scanner, stops_exactly_at_the_end_of_a_message) {
  for (const auto& good : good_requests()) {
    auto followed = scan_whole(good.bytes + "GET /next HTTP/1.1\r\n");
    EXPECT_EQ(followed.used, good.bytes.size()) << good.name;
    EXPECT_EQ(followed.where, progress::complete) << good.name;
  }
}

TEST(request_scanner, no_true_prefix_of_a_message_is_complete_or_refused) {
  for (const auto& good : good_requests())
    for (std::size_t length = 0; length < good.bytes.size(); ++length) {
      auto result = scan_whole(good.bytes.substr(0, length));
      EXPECT_TRUE(result.where == progress::before_head || result.where == progress::in_head ||
                  result.where == progress::in_body)
          << good.name << " cut after " << length << " bytes";
    }
}

TEST(request_scanner, random_cuts_do_not_change_the_verdict) {
  std::mt19937 random(20240229);
  for (int round = 0; round < 200; ++round) {
    auto next = [&] { return std::uniform_int_distribution<std::size_t>(1, 12)(random); };
    for (const auto& good : good_requests())
      ASSERT_EQ(scan(good.bytes, next), scan_whole(good.bytes)) << good.name << " in round " << round;
    for (const auto& bad : bad_requests())
      ASSERT_EQ(scan(bad.bytes, next), scan_whole(bad.bytes)) << bad.name << " in round " << round;
  }
}

/// Whatever is sent, what RESTinio gets is a head of plain lines, and never says anything about a body.
TEST(request_scanner, random_damage_never_lets_framing_or_control_characters_through) {
  std::mt19937 random(7);
  const std::string alphabet =
      std::string("\0\r\n\t :;,/chunkedTransfer-EncodingContent-Length0123456789abcdef", 63);
  int complete = 0;
  for (int round = 0; round < 40'000; ++round) {
    auto bytes = good_requests()[random() % good_requests().size()].bytes;
    for (unsigned damage = random() % 4; damage > 0; --damage) {
      auto at = random() % bytes.size();
      switch (random() % 3) {
      case 0:
        bytes[at] = alphabet[random() % alphabet.size()];
        break;
      case 1:
        bytes.erase(at, 1 + random() % 4);
        break;
      default:
        bytes.insert(at, 1, alphabet[random() % alphabet.size()]);
      }
      if (bytes.empty())
        bytes = "x";
    }
    auto whole = scan_whole(bytes);
    auto cut = scan(bytes, [&] { return std::size_t{1} + random() % 5; });
    ASSERT_EQ(whole, cut) << "round " << round << ": " << bytes;
    if (whole.where != progress::complete)
      continue;
    ++complete;
    ASSERT_TRUE(whole.forwarded.ends_with("\r\n\r\n"));
    ASSERT_EQ(whole.forwarded.find("\r\n\r\n"), whole.forwarded.size() - 4) << whole.forwarded;
    for (std::size_t i = 0; i < whole.forwarded.size(); ++i) {
      auto byte = static_cast<unsigned char>(whole.forwarded[i]);
      bool line_end = (byte == '\r' && whole.forwarded[i + 1] == '\n') ||
                      (byte == '\n' && whole.forwarded[i - 1] == '\r');
      ASSERT_TRUE(byte >= ' ' || byte == '\t' || line_end) << "round " << round << ": " << whole.forwarded;
    }
    for (const char* framing : {"\r\ncontent-length:", "\r\ntransfer-encoding:", "\r\nexpect:"})
      ASSERT_EQ(strcasestr(whole.forwarded.c_str(), framing), nullptr) << whole.forwarded;
    ASSERT_LE(whole.body.size(), small_limits.body_bytes);
  }
  EXPECT_GT(complete, 1000); // the damage must leave something to look at
}

TEST(request_scanner, takes_no_memory_for_a_body_that_is_merely_declared) {
  constexpr std::uint64_t declared = 512u << 20;
  request_scanner scanner({1024, 1024, declared, 16});
  scanner.feed("PUT / HTTP/1.0\r\nContent-Length: " + std::to_string(declared) + "\r\n\r\n");
  scanner.begin_body();
  scanner.feed("some");
  EXPECT_LE(scanner.body().capacity(), 2u << 20);
}

TEST(request_scanner, forwards_no_more_bytes_than_it_got) {
  request_scanner scanner({1024, 1024, 1024, 128});
  const std::string head = "GET / HTTP/1.1\r\nHost:a\r\n" + repeated(100, "a:b\r\n") + "\r\n";
  scanner.feed(head);
  ASSERT_EQ(scanner.where(), progress::head_complete);
  EXPECT_EQ(scanner.take_forwarded(), head);
  EXPECT_EQ(scanner.held_bytes(), std::string_view("/").size()) << "the target stays, for the log";
}

TEST(request_scanner, counts_what_it_holds_of_lines_that_have_not_ended) {
  request_scanner scanner({1024, 1024, 1024, 16});
  scanner.feed("POST /" + repeated(99, "x"));
  EXPECT_EQ(scanner.held_bytes(), 100u);
  scanner.feed(" HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:chunked\r\n");
  const auto before = scanner.held_bytes();
  scanner.feed("name-of-20-bytes-abc");
  EXPECT_LE(scanner.held_bytes(), before + 20) << "the name takes the place of the line before";
  const auto named = scanner.held_bytes();
  scanner.feed(":" + repeated(300, "v"));
  EXPECT_EQ(scanner.held_bytes(), named + 300);
  scanner.feed("\r\n\r\n");
  ASSERT_EQ(scanner.where(), progress::head_complete);
  EXPECT_EQ(scanner.held_bytes(), 100 + scanner.head().forwarded.size()) << "no line is kept twice";

  scanner.begin_body();
  const auto head = scanner.held_bytes();
  scanner.feed("3\r\nabc\r\n0\r\nt:" + repeated(200, "v"));
  EXPECT_EQ(scanner.held_bytes(), head + 3 + 1 + 200) << "content and the unfinished trailer line";
}

TEST(request_scanner, tells_what_the_guard_needs_of_a_head) {
  request_scanner scanner({1024, 1024, 1024, 16});
  scanner.feed(
      "PUT /a/b?c=d HTTP/1.0\r\nX-Request-Id: me\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n");
  ASSERT_EQ(scanner.where(), progress::head_complete);
  const auto& head = scanner.head();
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.minor_version, 0);
  EXPECT_EQ(head.framing, body_framing::counted);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_EQ(head.request_id, "me");
}

} // namespace
} // namespace sandboxd::http
