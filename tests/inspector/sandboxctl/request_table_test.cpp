#include "inspector/sandboxctl/request_table.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

using namespace std::chrono_literals;

const utc_time read_at = *parse_timestamp("2026-11-28T18:00:05.000Z");

traced_request begun(const std::string& id) {
  traced_request made;
  made.request_id = id;
  made.method = "POST";
  made.path = "/api/execute";
  made.started_at = "2026-11-28T18:00:00.000Z";
  return made;
}

traced_request ended(const std::string& id, std::uint64_t status, const std::string& outcome = "complete") {
  auto made = begun(id);
  made.duration = 1500;
  made.status = status;
  made.outcome = outcome;
  return made;
}

TEST(requests, are_read_as_the_interface_tells_them) {
  const auto read = read_requests(json::parse(R"([{"requestId": "night-1", "traceId": "0a", "spanId": "0b",
      "method": "GET", "path": "/p", "client": "127.0.0.1:9", "startedAt": "t", "recorded": true,
      "durationMicroseconds": 7, "status": 200, "bytesOut": 488, "outcome": "complete",
      "clientStallsMicroseconds": 0}, {}, 1])"));
  ASSERT_EQ(read.size(), 3u);
  const auto& whole = read.front();
  EXPECT_EQ(whole.request_id, "night-1");
  EXPECT_EQ(whole.trace_id, "0a");
  EXPECT_EQ(whole.span_id, "0b");
  EXPECT_EQ(whole.method, "GET");
  EXPECT_EQ(whole.path, "/p");
  EXPECT_EQ(whole.client, "127.0.0.1:9");
  EXPECT_EQ(whole.started_at, "t");
  EXPECT_TRUE(whole.is_recorded);
  EXPECT_EQ(whole.duration, 7u);
  EXPECT_EQ(whole.status, 200u);
  EXPECT_EQ(whole.bytes_out, 488u);
  EXPECT_EQ(whole.outcome, "complete");
  EXPECT_EQ(whole.client_stalls, 0u);
  for (const auto& empty : {read[1], read[2]}) {
    EXPECT_EQ(empty.request_id, "");
    EXPECT_FALSE(empty.is_recorded);
    EXPECT_EQ(empty.duration, std::nullopt);
    EXPECT_EQ(empty.client_stalls, std::nullopt);
  }
  EXPECT_TRUE(read_requests(json::parse("{}")).empty());
}

TEST(requests, are_a_table_with_those_under_way_first) {
  auto stalled = begun("b");
  stalled.client_stalls = 3'500'000;
  EXPECT_EQ(
      painted(request_table({begun("a"), stalled}, {ended("c", 200), ended("d", 0, "client-gone")}, read_at),
              {}),
      "TIME (UTC)               DURATION  STATUS     METHOD  PATH          REQUEST ID  OUTCOME\n"
      "2026-11-28 18:00:00.000     5.0 s  under way  POST    /api/execute  a\n"
      "2026-11-28 18:00:00.000     5.0 s  under way  POST    /api/execute  b           "
      "client takes nothing for 3.5 s\n"
      "2026-11-28 18:00:00.000    1.5 ms  200        POST    /api/execute  c\n"
      "2026-11-28 18:00:00.000    1.5 ms  none       POST    /api/execute  d           client-gone\n");
}

TEST(requests, that_share_a_request_id_have_their_span_ids) {
  auto first = begun("a");
  first.span_id = "01";
  auto second = ended("a", 200, "cut");
  second.span_id = "02";
  auto other = ended("b", 200);
  other.span_id = "03";
  EXPECT_EQ(
      painted(request_table({first}, {other, second}, read_at), {}),
      "TIME (UTC)               DURATION  STATUS     METHOD  PATH          REQUEST ID  SPAN ID  OUTCOME\n"
      "2026-11-28 18:00:00.000     5.0 s  under way  POST    /api/execute  a           01\n"
      "2026-11-28 18:00:00.000    1.5 ms  200        POST    /api/execute  b\n"
      "2026-11-28 18:00:00.000    1.5 ms  200        POST    /api/execute  a           02       cut\n");
  EXPECT_EQ(painted(request_table({}, {other, second}, read_at), {}),
            "TIME (UTC)               DURATION  STATUS  METHOD  PATH          REQUEST ID  OUTCOME\n"
            "2026-11-28 18:00:00.000    1.5 ms  200     POST    /api/execute  b\n"
            "2026-11-28 18:00:00.000    1.5 ms  200     POST    /api/execute  a           cut\n");
}

TEST(requests, do_not_steer_a_terminal) {
  auto evil = ended("\x1b]0;x\x07", 200, "c\nd");
  evil.method = "\r";
  evil.path = "/\x1b[2J\u202e";
  evil.span_id = "\x1b[31m";
  const auto text = painted(request_table({}, {evil, evil}, read_at), {});
  EXPECT_EQ(text.find_first_of("\x1b\r\x07"), std::string::npos);
  EXPECT_NE(text.find("\\r      /\\x1b[2J\\u202e  \\x1b]0;x\\x07  \\x1b[31m  c\\nd\n"), std::string::npos)
      << text;
}

TEST(the_age_of_a_request, is_never_negative) {
  const std::vector<std::pair<std::string, std::optional<std::chrono::microseconds>>> table{
      {"2026-11-28T18:00:00.000Z", 5s},
      {"2026-11-28T18:00:05.000Z", 0s},
      {"2026-11-28T18:00:06.000Z", 0s},
      {"", std::nullopt},
      {"soon", std::nullopt}};
  for (const auto& [started, age] : table) {
    auto one = begun("a");
    one.started_at = started;
    EXPECT_EQ(age_of(one, read_at), age) << started;
  }
}

TEST(the_status_of_a_request, has_a_tone) {
  const std::vector<std::pair<traced_request, std::pair<std::string, tone>>> table{
      {begun("a"), {"under way", tone::accent}}, {ended("a", 0), {"none", tone::warning}},
      {ended("a", 101), {"101", tone::good}},    {ended("a", 200), {"200", tone::good}},
      {ended("a", 404), {"404", tone::warning}}, {ended("a", 500), {"500", tone::bad}}};
  for (const auto& [one, told] : table) {
    const auto [text, how] = status_of(one);
    EXPECT_EQ(text, told.first);
    EXPECT_EQ(how, told.second) << text;
  }
}

} // namespace
} // namespace sandboxd::sandboxctl
