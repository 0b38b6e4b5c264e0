#include "tests/http/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <random>
#include <string>

namespace sandboxd::http {
namespace {

using actors::command_outcome;
using actors::error_code;
using actors::output_stream;
using nlohmann::json;
using testing::bench;
using testing::events_of;
using testing::json_of;
using testing::outcome;
using testing::recording_responder;

using ending = command_outcome::ending;

constexpr const char* in_a = R"({"id":"s1","command":"run it"})";
constexpr const char* in_b = R"({"command":"run it","sessionId":"s1"})";

/// A streamed command in the hands of the test.
struct streamed {
  explicit streamed(const char* body, config::settings settings = {}) : b(std::move(settings)) {
    answer = b.ask("POST", "/api/execute/stream", body);
  }
  /// The connection closes at last, as every connection does; until then an open stream owns itself.
  ~streamed() {
    if (const auto stream = std::move(answer->opened))
      stream->close();
  }
  streamed(const streamed&) = delete;
  streamed& operator=(const streamed&) = delete;
  void start() {
    actors::command_control control;
    control.grant = [this](std::size_t bytes) { granted += bytes; };
    control.detach = [this] { ++detached; };
    command().started(control);
  }
  actors::observer_handle& command() { return b.sandbox->observers.at(0); }
  testing::recording_stream& stream() { return *answer->opened; }
  std::vector<json> events() { return events_of(stream()); }

  bench b;
  std::shared_ptr<recording_responder> answer;
  std::size_t granted = 0;
  int detached = 0;
};

void expect_events(streamed& s, std::initializer_list<const char*> expected) {
  const auto events = s.events();
  ASSERT_EQ(events.size(), expected.size()) << s.stream().body;
  std::size_t i = 0;
  for (const char* event : expected)
    EXPECT_EQ(events[i++], json::parse(event));
}

/// HTTP.md 4.6, column B, and Appendix A
TEST(execute_stream, tells_the_story_in_b) {
  streamed s(in_b);
  EXPECT_TRUE(s.command().wants_live_output());
  s.start();
  s.command().output(output_stream::out, "a\n");
  s.command().output(output_stream::err, "b\n");
  s.command().output(output_stream::out, "z");
  s.command().finished(outcome(ending::exited, 4));
  EXPECT_EQ(s.answer->stream_status, 200);
  EXPECT_EQ(s.answer->stream_headers,
            (header_list{{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}}));
  expect_events(s, {R"({"type":"start","command":"run it","timestamp":"2026-01-31T12:34:56.789Z"})",
                    R"({"type":"stdout","data":"a\n","timestamp":"2026-01-31T12:34:56.789Z"})",
                    R"({"type":"stderr","data":"b\n","timestamp":"2026-01-31T12:34:56.789Z"})",
                    R"({"type":"stdout","data":"z","timestamp":"2026-01-31T12:34:56.789Z"})",
                    R"({"type":"complete","exitCode":4,"timestamp":"2026-01-31T12:34:56.789Z"})"});
  EXPECT_TRUE(s.stream().finished);
  EXPECT_TRUE(s.answer->sent.empty());
}

/// HTTP.md 4.6, column A
TEST(execute_stream, tells_the_story_in_a) {
  streamed s(in_a);
  s.start();
  s.command().output(output_stream::out, "a\n");
  s.command().output(output_stream::err, "b\xc3");
  s.command().finished(outcome(ending::exited, 4));
  expect_events(
      s, {R"({"type":"start","timestamp":"2026-01-31T12:34:56.789Z","command":"run it"})",
          R"({"type":"stdout","timestamp":"2026-01-31T12:34:56.789Z","data":"a\n","command":"run it"})",
          R"({"type":"stderr","timestamp":"2026-01-31T12:34:56.789Z","data":"b","command":"run it"})",
          R"({"type":"stderr","timestamp":"2026-01-31T12:34:56.789Z","data":"\ufffd","command":"run it"})",
          R"({"type":"complete","timestamp":"2026-01-31T12:34:56.789Z","command":"run it","exitCode":4,
           "result":{"stdout":"a\n","stderr":"b\ufffd","exitCode":4,"success":false}})"});
  EXPECT_TRUE(s.stream().finished);
}

/// HTTP.md 1.5: the exact bytes of an event; 1.4: ASCII only.
TEST(execute_stream, frames_events_exactly) {
  streamed s(in_b);
  s.start();
  s.command().output(output_stream::out, "\xf0\x9f\x98\x80\n");
  EXPECT_EQ(s.stream().pieces.at(1), "data: {\"type\":\"stdout\",\"timestamp\":\"2026-01-31T12:34:56.789Z\","
                                     "\"data\":\"\\ud83d\\ude00\\n\"}\n\n");
  for (const char c : s.stream().body)
    EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(execute_stream, asks_the_transport_to_keep_it_alive) {
  config::settings settings;
  settings.http.keepalive_comment_interval = std::chrono::seconds(7);
  streamed s(in_b, settings);
  s.start();
  EXPECT_EQ(s.stream().keep_alive_text, ": ka\n\n");
  EXPECT_EQ(s.stream().keep_alive_interval, std::chrono::seconds(7));
}

TEST(execute_stream, fails_with_a_plain_answer_before_it_starts) {
  streamed b(in_b);
  auto reason = testing::failure_of_code(error_code::session_terminated);
  reason.exit_code = 1;
  b.command().failed(reason);
  EXPECT_EQ(b.answer->sent.at(0).status, 410);
  EXPECT_EQ(json_of(*b.answer)["code"], "SESSION_TERMINATED");
  EXPECT_EQ(b.answer->opened, nullptr);

  streamed a(in_a);
  a.b.sandbox->sessions = std::vector<std::string>{"other"};
  a.command().failed(testing::failure_of_code(error_code::session_not_found));
  EXPECT_EQ(a.answer->sent.at(0).status, 404);
  EXPECT_EQ(json_of(*a.answer)["availableSessions"], json::parse(R"(["other"])"));

  streamed fault(in_a);
  fault.command().failed(testing::failure_of_code(error_code::command_execution_error, "no pipe"));
  EXPECT_EQ(json_of(*fault.answer)["error"], "Stream execution failed");
}

/// HTTP.md 4.6: an event of type `error` only for faults, with the text under every name that clients read.
TEST(execute_stream, ends_with_an_error_event_after_it_started) {
  streamed s(in_b);
  s.start();
  s.command().output(output_stream::out, "a");
  s.command().failed(testing::failure_of_code(error_code::session_destroyed));
  const auto events = s.events();
  ASSERT_EQ(events.size(), 3u);
  const std::string text = "Session 's1' was destroyed during command execution";
  EXPECT_EQ(events[2], json({{"type", "error"},
                             {"data", text},
                             {"error", text},
                             {"message", text},
                             {"code", "SESSION_DESTROYED"},
                             {"timestamp", testing::fixed_timestamp}}));
  EXPECT_TRUE(s.stream().finished);
}

TEST(execute_stream, ends_when_the_actor_dies) {
  streamed s(in_b);
  s.start();
  s.b.sandbox->observers.clear();
  EXPECT_EQ(s.events().back()["type"], "error");
  EXPECT_TRUE(s.stream().finished);
}

/// HTTP.md 4.6: 124 on timeout; the note as the reference writes it for commands without a session.
TEST(execute_stream, tells_of_a_timeout) {
  for (const char* body : {in_a, in_b}) {
    streamed s(body);
    s.start();
    auto end = outcome(ending::timed_out, 124);
    end.timeout = std::chrono::milliseconds(50);
    s.command().finished(end);
    const auto events = s.events();
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(events[1]["type"], "stderr");
    EXPECT_EQ(events[1]["data"], "Command timed out after 50ms\n");
    EXPECT_EQ(events[2]["type"], "complete");
    EXPECT_EQ(events[2]["exitCode"], 124);
  }
}

TEST(execute_stream, completes_when_the_command_ended_the_shell) {
  for (const char* body : {in_a, in_b}) {
    streamed s(body);
    s.start();
    s.command().finished(outcome(ending::shell_ended, 7));
    EXPECT_EQ(s.events().back()["type"], "complete");
    EXPECT_EQ(s.events().back()["exitCode"], 7);
  }
}

TEST(execute_stream, completes_a_command_that_never_started) {
  streamed s(in_b);
  s.command().finished(outcome(ending::exited, 1));
  EXPECT_EQ(s.events().at(0)["type"], "start");
  EXPECT_EQ(s.events().at(1)["exitCode"], 1);
}

/// The command never has more credit than half the window, and the connection never more than the other half.
TEST(execute_stream, keeps_both_halves_of_the_window) {
  config::settings settings;
  settings.http.stream_window_bytes = 20'000;
  for (const char* body : {in_a, in_b}) {
    std::mt19937 random(99);
    streamed s(body, settings);
    s.start();
    EXPECT_EQ(s.granted, 10'000u);
    std::size_t sent = 0;
    std::string output;
    while (sent < 300'000) {
      // Single bytes that need six bytes of JSON each are the worst case; larger chunks the usual one.
      const std::size_t wanted = random() % 3 == 0 ? 1 : random() % 5'000;
      const std::size_t size = std::min(wanted, s.granted - sent);
      const std::string chunk(size, random() % 2 == 0 ? '\x01' : 'x');
      s.command().output(output_stream::out, chunk);
      sent += size;
      output += chunk;
      ASSERT_LE(s.stream().undrained, 10'000u);
      if (s.granted == sent || random() % 4 == 0) {
        s.stream().drain(std::min<std::size_t>(s.stream().undrained, random() % 6'000));
        ASSERT_LE(s.granted - sent, 10'000u);
      }
    }
    s.command().finished(outcome(ending::exited, 0));
    s.stream().drain_all();
    EXPECT_TRUE(s.stream().finished);
    std::string received;
    for (const auto& event : s.events())
      if (event["type"] == "stdout")
        received += event["data"].get<std::string>();
    EXPECT_EQ(received, output);
    EXPECT_EQ(s.granted - sent, 10'000u) << "all credit came back";
  }
}

TEST(execute_stream, gives_no_credit_to_a_client_that_takes_nothing) {
  config::settings settings;
  settings.http.stream_window_bytes = 20'000;
  streamed s(in_b, settings);
  s.start();
  s.command().output(output_stream::out, std::string(10'000, 'x'));
  EXPECT_EQ(s.granted, 10'000u);
  EXPECT_EQ(s.stream().undrained <= 10'000u, true);
}

TEST(execute_stream, cuts_events_at_64_kib) {
  config::settings settings;
  settings.http.stream_window_bytes = 10'000'000;
  streamed s(in_b, settings);
  s.start();
  std::string output;
  while (output.size() < 1'000'000)
    output += "€";
  s.command().output(output_stream::out, output);
  s.command().finished(outcome(ending::exited, 0));
  s.stream().drain_all();
  std::string received;
  for (const std::string& piece : s.stream().pieces)
    EXPECT_LE(piece.size(), 64u * 1024 + 128);
  for (const auto& event : s.events())
    if (event["type"] == "stdout")
      received += event["data"].get<std::string>();
  EXPECT_EQ(received, output);
}

TEST(execute_stream, detaches_when_the_client_is_gone) {
  streamed s(in_a);
  s.start();
  s.stream().close();
  EXPECT_EQ(s.detached, 1);
  const auto written = s.stream().body.size();
  s.command().output(output_stream::out, "more");
  s.command().finished(outcome(ending::exited, 0));
  EXPECT_EQ(s.stream().body.size(), written);
  EXPECT_EQ(s.detached, 1);
}

/// A comment between two pieces of one event would break it.
TEST(execute_stream, ends_the_comments_before_a_last_event_in_several_pieces) {
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{1'000'000}}) {
    streamed s(in_a);
    s.start();
    EXPECT_GT(s.stream().keep_alive_interval.count(), 0);
    s.command().output(output_stream::out, std::string(bytes, 'x'));
    s.stream().drain_all();
    s.command().finished(outcome(ending::exited, 0));
    const bool several = bytes > 65'536;
    EXPECT_EQ(s.stream().keep_alive_interval.count() == 0, several) << bytes;
  }
}

TEST(execute_stream, frees_everything_at_the_end) {
  streamed s(in_b);
  s.start();
  s.command().finished(outcome(ending::exited, 0));
  s.b.sandbox->observers.clear();
  EXPECT_EQ(s.answer->opened.use_count(), 1);
}

/// The last event of dialect A repeats the output; beyond the bound it says how much is missing.
TEST(execute_stream, bounds_what_it_keeps_for_a) {
  config::settings settings;
  settings.session.output_memory_bytes = 2; // the rest goes to disk
  settings.session.output_max_bytes = 4;
  streamed s(in_a, settings);
  s.start();
  s.command().output(output_stream::out, "abcdef");
  s.command().finished(outcome(ending::exited, 0));
  EXPECT_EQ(s.events().back()["result"]["stdout"], "abcd\n[output truncated: 2 bytes dropped]");
}

} // namespace
} // namespace sandboxd::http
