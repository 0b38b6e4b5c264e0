#include "inspector/sandboxctl/trace_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

const utc_time seen_at = *parse_timestamp("2026-11-28T18:00:05.000Z");

traced_span span(std::uint64_t id, std::uint64_t parent, const std::string& name, std::int64_t start,
                 std::optional<std::uint64_t> duration) {
  traced_span made;
  made.id = id;
  made.parent = parent;
  made.name = name;
  made.start = start;
  made.duration = duration;
  return made;
}

/// Of a request that has taken 1000 microseconds.
trace trace_of(std::vector<traced_span> spans) {
  trace made;
  made.request.request_id = "night-1";
  made.request.trace_id = "0a";
  made.request.span_id = "0b";
  made.request.method = "POST";
  made.request.path = "/api/execute";
  made.request.client = "127.0.0.1:9";
  made.request.started_at = "2026-11-28T18:00:00.000Z";
  made.request.is_recorded = true;
  made.request.duration = 1000;
  made.request.status = 200;
  made.request.bytes_out = 488;
  made.request.outcome = "complete";
  made.spans = std::move(spans);
  return made;
}

std::string report_of(const trace& told, const trace_style& style = {.bar_width = 10}) {
  return painted(trace_report(told, seen_at, style), {.is_utf8 = style.is_utf8});
}

/// What is behind the title of the spans.
std::string table_of(const trace& told, const trace_style& style = {.bar_width = 10}) {
  const auto text = report_of(told, style);
  const std::string title = "\n\nSpans\n";
  const auto place = text.find(title);
  return place == std::string::npos ? text : text.substr(place + title.size());
}

TEST(a_trace, is_read_as_the_interface_tells_it) {
  const auto read = read_trace(json::parse(R"({"requestId": "night-1", "lostSpans": 3, "spans": [
      {"id": 2, "parent": 1, "name": "run_command", "what": "message", "startMicroseconds": -4,
       "durationMicroseconds": 0, "waitedMicroseconds": 5, "path": "/root/a", "pid": 7, "text": "x"}, {}]})"));
  EXPECT_EQ(read.request.request_id, "night-1");
  EXPECT_EQ(read.lost_spans, 3u);
  ASSERT_EQ(read.spans.size(), 2u);
  const auto& whole = read.spans.front();
  EXPECT_EQ(whole.id, 2u);
  EXPECT_EQ(whole.parent, 1u);
  EXPECT_EQ(whole.name, "run_command");
  EXPECT_EQ(whole.start, -4);
  EXPECT_EQ(whole.duration, 0u);
  EXPECT_EQ(whole.waited, 5u);
  EXPECT_EQ(whole.path, "/root/a");
  EXPECT_EQ(whole.pid, 7u);
  EXPECT_EQ(whole.text, "x");
  EXPECT_EQ(read.spans.back().duration, std::nullopt);
  EXPECT_EQ(read.spans.back().waited, std::nullopt);
  EXPECT_TRUE(read_trace(json::parse("[1]")).spans.empty());
}

TEST(a_trace, tells_of_its_request_and_draws_its_spans_as_a_tree) {
  auto told = trace_of({span(2, 1, "run_command", 0, 200), span(3, 2, "start_child", 100, 100),
                        span(4, 1, "command", 500, 500), span(5, 2, "late", 150, 0)});
  told.spans[0].path = "/root/m";
  told.spans[0].waited = 12;
  told.spans[2].pid = 77;
  told.spans[2].text = "exited with 0";
  EXPECT_EQ(report_of(told),
            "POST /api/execute\n"
            "  request id    night-1\n"
            "  trace id      0a\n"
            "  span id       0b\n"
            "  client        127.0.0.1:9\n"
            "  started       2026-11-28 18:00:00.000 UTC, 5.0 s ago\n"
            "  duration      1.0 ms\n"
            "  status        200\n"
            "  outcome       complete\n"
            "  sent          488 B\n"
            "\n"
            "Spans\n"
            " START  DURATION  WHEN        SPAN            ACTOR    PID  WAITED  TEXT\n"
            "  0 us    200 us  ██          run_command     /root/m        12 us\n"
            "100 us    100 us   █          ├─ start_child\n"
            "150 us      0 us   █          └─ late\n"
            "500 us    500 us       █████  command                   77          exited with 0\n");
}

TEST(a_trace, is_drawn_with_ascii) {
  EXPECT_EQ(table_of(trace_of({span(2, 1, "a", 0, 1000), span(3, 2, "b", 0, 500), span(4, 3, "c", 0, 1),
                               span(5, 2, "d", 900, 100)}),
                     {.bar_width = 10, .is_utf8 = false}),
            " START  DURATION  WHEN        SPAN     ACTOR  PID  WAITED  TEXT\n"
            "  0 us    1.0 ms  ##########  a\n"
            "  0 us    500 us  #####       |- b\n"
            "  0 us      1 us  #           |  `- c\n"
            "900 us    100 us           #  `- d\n");
}

TEST(a_trace, has_children_in_the_order_in_which_they_began) {
  EXPECT_EQ(
      table_of(trace_of({span(2, 1, "a", 0, 1000), span(3, 2, "c", 500, 500), span(4, 2, "b", 0, 500)})),
      " START  DURATION  WHEN        SPAN  ACTOR  PID  WAITED  TEXT\n"
      "  0 us    1.0 ms  ██████████  a\n"
      "  0 us    500 us  █████       ├─ b\n"
      "500 us    500 us       █████  └─ c\n");
}

TEST(a_trace, that_is_under_way_says_so) {
  auto told = trace_of({span(2, 1, "command", 2'500'000, std::nullopt)});
  told.request.duration.reset();
  told.request.outcome.clear();
  told.request.client_stalls = 2'000'000;
  EXPECT_EQ(report_of(told), "POST /api/execute\n"
                             "  request id    night-1\n"
                             "  trace id      0a\n"
                             "  span id       0b\n"
                             "  client        127.0.0.1:9\n"
                             "  started       2026-11-28 18:00:00.000 UTC, 5.0 s ago\n"
                             "  duration      under way for 5.0 s\n"
                             "  outcome       client takes nothing for 2.0 s\n"
                             "\n"
                             "Spans\n"
                             "START   DURATION  WHEN        SPAN     ACTOR  PID  WAITED  TEXT\n"
                             "2.5 s  under way       █████  command\n");
}

TEST(a_trace, tells_why_there_are_no_spans) {
  auto told = trace_of({});
  EXPECT_EQ(table_of(told), "  none\n");
  told.lost_spans = 1;
  EXPECT_EQ(table_of(told), "  none\n... and 1 span for which there was no room\n");
  told.request.is_recorded = false;
  told.lost_spans = 0;
  EXPECT_EQ(
      table_of(told),
      "  none: this request is not traced; the setting inspector.traces-per-second says how many are\n");
}

TEST(a_trace, that_ended_before_an_answer_says_so) {
  auto told = trace_of({});
  told.request.status = 0;
  told.request.outcome = "client-gone";
  EXPECT_NE(
      report_of(told).find("  status        none, it ended before an answer\n  outcome       client-gone\n"),
      std::string::npos);
}

TEST(a_trace, shows_every_span_whatever_the_numbers) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const std::vector<trace> table{
      trace_of({span(2, 3, "a", 0, 1), span(3, 2, "b", 0, 1)}),        // a circle
      trace_of({span(2, 2, "a", 0, 1), span(2, 1, "b", 0, 1)}),        // twice the same
      trace_of({span(0, 0, "a", 0, 1), span(5, 4, "b", 0, 1)}),        // without parents
      trace_of({span(2, 1, "a", least, 1), span(3, 1, "b", most, 0)}), // at the ends of time
      trace_of({span(2, 1, "a", most, most), span(3, 1, "b", -5, std::nullopt)}),
  };
  for (const auto& one : table) {
    const auto text = table_of(one);
    EXPECT_NE(text.find("  a\n"), std::string::npos) << text;
    EXPECT_NE(text.find(" b\n"), std::string::npos) << text;
  }
  auto empty = trace_of({span(2, 1, "a", 0, 0)});
  empty.request.duration = 0;
  EXPECT_EQ(table_of(empty), "START  DURATION  WHEN        SPAN  ACTOR  PID  WAITED  TEXT\n"
                             " 0 us      0 us  █           a\n");
}

TEST(a_trace, does_not_steer_a_terminal) {
  auto told = trace_of({span(2, 1, "a\x1b[2J", 0, 1)});
  told.spans[0].path = "/root/\u202e";
  told.spans[0].text = "x\ny\x07\u009b";
  told.request.request_id = "\x1b[31m";
  const auto text = report_of(told);
  EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos);
  EXPECT_NE(text.find("  request id    \\x1b[31m\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  a\\x1b[2J  /root/\\u202e               x\\ny\\x07\\u009b\n"), std::string::npos)
      << text;
}

} // namespace
} // namespace sandboxd::sandboxctl
