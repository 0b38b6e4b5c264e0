#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::error_code;
using actors::output_stream;
using config::http_dialect;
using nlohmann::json;
using testing::bench;
using ::testing::ElementsAre;
using testing::fixed_time;
using testing::in_dialect;
using ::testing::IsEmpty;

/// A run in the hands of the test.
struct running_code {
  explicit running_code(config::settings settings, bool state_lost = false) : server(std::move(settings)) {
    // What leaves the dialect open; B would accept anything (HTTP.md 2.2).
    answer = server.ask("POST", "/api/execute/code", R"({"context_id":"c-1","code":"1"})",
                        {{"Accept", "text/event-stream"}});
    actors::run_control control;
    control.grant = [this](std::size_t bytes) { granted += bytes; };
    control.detach = [this] { ++detached; };
    run().tell([&](actors::run_observer& observer) { observer.started(control, state_lost); });
  }
  explicit running_code(config::http_dialect spoken) : running_code(in_dialect(spoken)) {}
  /// The connection closes at last, as every connection does.
  ~running_code() {
    if (const auto stream = std::move(answer->opened))
      stream->close();
  }
  running_code(const running_code&) = delete;
  running_code& operator=(const running_code&) = delete;

  actors::guarded_observer<actors::run_observer>& run() { return *server.code->observers.at(0); }
  void print(std::string bytes, output_stream stream = output_stream::out) {
    run().tell([&](actors::run_observer& observer) { observer.output(stream, std::move(bytes)); });
  }
  void show(std::vector<interpreters::result_format> formats, std::size_t credit = 0) {
    actors::rich_result result;
    result.formats = std::move(formats);
    result.credit = credit;
    run().tell([&](actors::run_observer& observer) { observer.shown(result); });
  }
  void finish(const actors::run_outcome& outcome = {std::nullopt, 1}) {
    run().tell_end([&](actors::run_observer& observer) { observer.finished(outcome); });
  }
  void fail(const actors::failure& reason) {
    run().tell_end([&](actors::run_observer& observer) { observer.failed(reason); });
  }

  testing::recording_stream& stream() { return *answer->opened; }
  /// As dialect A reads: each line that is JSON; as B does: each that begins with "data: ".
  [[nodiscard]] std::vector<json> in_a() { return events("{"); }
  [[nodiscard]] std::vector<json> in_b() { return events("data: {"); }
  [[nodiscard]] std::vector<json> events(std::string_view begin) {
    std::vector<json> found;
    std::string_view rest = stream().body;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      if (line.starts_with(begin))
        found.push_back(json::parse(line.substr(begin.size() - 1)));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return found;
  }
  std::vector<std::string> types() {
    std::vector<std::string> all;
    for (const auto& event : in_b())
      all.push_back(event["type"]);
    return all;
  }
  std::string text(const std::string& type) {
    std::string joined;
    for (const auto& event : in_b())
      if (event["type"] == type)
        joined += event["text"].get<std::string>();
    return joined;
  }

  bench server;
  std::shared_ptr<testing::recording_responder> answer;
  std::size_t granted = 0;
  int detached = 0;
};

/// HTTP.md 9.4
TEST(code_streams, frame_events_as_the_dialect_does) {
  const std::string event = R"({"type":"stdout","text":"\u00e9\n","timestamp":1769862896789})";
  const std::string end = R"({"type":"execution_complete","execution_count":5})";
  for (const auto& [spoken, expected] : std::vector<std::pair<http_dialect, std::string>>{
           {http_dialect::a, event + "\n" + end + "\n"},
           {http_dialect::b, "data: " + event + "\n\ndata: " + end + "\n\n"},
           {http_dialect::automatic,
            event + "\ndata: " + event + "\n\n" + end + "\ndata: " + end + "\n\n"}}) {
    running_code one(spoken);
    EXPECT_EQ(one.answer->stream_status, 200);
    EXPECT_THAT(one.answer->stream_headers, ::testing::Contains(std::pair<std::string, std::string>(
                                                "Content-Type", "text/event-stream")));
    EXPECT_EQ(one.stream().keep_alive_text, ": ka\n\n");
    one.print("\xc3\xa9\n");
    one.finish({std::nullopt, 5});
    EXPECT_EQ(one.stream().body, expected);
    EXPECT_TRUE(one.stream().finished);
    EXPECT_THAT(one.answer->sent, IsEmpty());
  }
}

/// A reads the first form and skips the other, B the other way round.
TEST(code_streams, are_read_once_by_either_dialect_while_it_is_unknown) {
  running_code one(http_dialect::automatic);
  one.print("out\n");
  one.show({{"text", "\"1\""}});
  one.finish();
  EXPECT_EQ(one.in_a(), one.in_b());
  EXPECT_THAT(one.types(), ElementsAre("stdout", "result", "execution_complete"));
}

TEST(code_streams, take_a_client_that_accepts_anything_for_b) {
  bench server;
  const auto answer = server.ask("POST", "/api/execute/code", R"({"context_id":"c","code":"1"})");
  server.code->observers.at(0)->tell([](actors::run_observer& observer) { observer.started({}, false); });
  server.code->observers.at(0)->tell_end([](actors::run_observer& observer) {
    observer.finished({std::nullopt, 1});
  });
  EXPECT_THAT(answer->opened->body, ::testing::StartsWith("data: "));
}

TEST(code_streams, tell_the_dialect_apart_by_what_came_before) {
  bench server;
  server.ask("GET", "/api/version");
  const auto answer = server.ask("POST", "/api/execute/code", R"({"context_id":"c","code":"1"})",
                                 {{"Accept", "text/event-stream"}});
  server.code->observers.at(0)->tell([](actors::run_observer& observer) { observer.started({}, false); });
  server.code->observers.at(0)->tell_end([](actors::run_observer& observer) {
    observer.finished({std::nullopt, 1});
  });
  EXPECT_THAT(answer->opened->body, ::testing::StartsWith("data: "));
}

TEST(code_streams, tell_both_outputs) {
  running_code one(http_dialect::b);
  one.print("a\n");
  one.print("b\n", output_stream::err);
  EXPECT_EQ(one.in_b(),
            (std::vector<json>{{{"type", "stdout"}, {"text", "a\n"}, {"timestamp", fixed_time.count()}},
                               {{"type", "stderr"}, {"text", "b\n"}, {"timestamp", fixed_time.count()}}}))
      << "at once, not at the end";
  one.finish();
}

TEST(code_streams, tell_results_in_every_format) {
  const std::vector<interpreters::result_format> formats{
      {"text", "\"t\""},
      {"html", "\"<b>\""},
      {"png", "\"iVBO\""},
      {"jpeg", "\"/9j/\""},
      {"svg", "\"<svg/>\""},
      {"latex", "\"$x$\""},
      {"markdown", "\"# m\""},
      {"javascript", "\"alert()\""},
      {"json", R"({"a":[1,null,false]})"},
      {"chart", R"({"type":"line","data":{}})"},
      {"data", R"({"application/x-mine":7})"},
  };
  for (const auto spoken : {http_dialect::a, http_dialect::b}) {
    running_code one(spoken);
    const auto newest = [&] { return spoken == http_dialect::a ? one.in_a().back() : one.in_b().back(); };
    for (const auto& format : formats) {
      one.show({format});
      EXPECT_EQ(newest(), (json{{"type", "result"},
                                {std::string(format.name), json::parse(format.value)},
                                {"metadata", json::object()}}));
    }
    one.show(formats);
    EXPECT_EQ(newest().size(), formats.size() + 2);
    one.finish();
  }
}

TEST(code_streams, tell_what_belongs_to_a_result) {
  running_code one(http_dialect::b);
  actors::rich_result result;
  result.formats = {{"text", "\"1\""}};
  result.metadata = R"({"width":7})";
  result.display_id = "d\"1";
  result.is_update = true;
  one.run().tell([&](actors::run_observer& observer) { observer.shown(result); });
  EXPECT_EQ(one.in_b().back(), (json{{"type", "result"},
                                     {"text", "1"},
                                     {"metadata", {{"width", 7}}},
                                     {"displayId", "d\"1"},
                                     {"update", true}}));
  one.finish();
}

TEST(code_streams, tell_errors_of_code) {
  for (const auto spoken : {http_dialect::a, http_dialect::b}) {
    running_code one(spoken);
    one.finish({{{"ZeroDivisionError", "division by \"z\xc3\xa9ro\"", {"line 1", "line 2"}, 3}}, 2});
    const auto event = spoken == http_dialect::a ? one.in_a().back() : one.in_b().back();
    EXPECT_EQ(event["type"], "error");
    EXPECT_EQ(event["ename"], "ZeroDivisionError");
    EXPECT_EQ(event["evalue"], "division by \"z\xc3\xa9ro\"");
    EXPECT_EQ(event["traceback"], (json{"line 1", "line 2"}));
    EXPECT_EQ(event["lineNumber"], 3);
    EXPECT_TRUE(one.stream().finished);
  }
  running_code without_line(http_dialect::b);
  without_line.finish({{{"TimeoutError", "too long", {}, std::nullopt}}, 2});
  EXPECT_EQ(without_line.in_b().back()["traceback"], json::array());
  EXPECT_FALSE(without_line.in_b().back().contains("lineNumber"));
}

TEST(code_streams, keep_the_order_in_which_it_was_made) {
  running_code one(http_dialect::b);
  one.print("1");
  one.print("2", output_stream::err);
  one.show({{"text", "\"3\""}});
  one.print("4");
  one.show({{"text", "\"5\""}});
  one.show({{"text", "\"6\""}});
  one.print("7", output_stream::err);
  one.finish();
  std::string all;
  for (const auto& event : one.in_b())
    all += event.contains("text") ? event["text"].get<std::string>() : ".";
  EXPECT_EQ(all, "1234567.");
}

TEST(code_streams, cut_no_character) {
  running_code one(http_dialect::b);
  one.print("\xe2");
  one.print("\x82");
  one.print("\xac and \xe2");
  one.show({{"text", "\"1\""}});
  one.print("\xac and \xf0");
  one.finish();
  EXPECT_EQ(one.text("stdout"), "\xe2\x82\xac and \xef\xbf\xbd\xef\xbf\xbd and \xef\xbf\xbd");
  for (const char c : one.stream().body)
    EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(code_streams, say_that_the_state_is_lost) {
  running_code one(in_dialect(http_dialect::b), true);
  one.print("fine\n");
  one.finish();
  EXPECT_THAT(one.types(), ElementsAre("stderr", "stdout", "execution_complete"));
  EXPECT_THAT(one.text("stderr"), ::testing::EndsWith("are gone.\n"));
}

TEST(code_streams, end_once) {
  running_code well(http_dialect::b);
  well.finish();
  well.fail({error_code::internal_error, "late"});
  well.print("late");
  well.finish();
  EXPECT_THAT(well.types(), ElementsAre("execution_complete"));
  running_code badly(http_dialect::b);
  badly.finish({{{"E", "e", {}, std::nullopt}}, 1});
  badly.finish();
  EXPECT_THAT(badly.types(), ElementsAre("error"));
  running_code server_fault(http_dialect::b);
  server_fault.print("out");
  server_fault.fail({error_code::internal_error, "The server stumbled"});
  server_fault.finish();
  EXPECT_THAT(server_fault.types(), ElementsAre("stdout", "error"));
  EXPECT_EQ(server_fault.in_b().back()["ename"], "InternalError");
  EXPECT_EQ(server_fault.in_b().back()["evalue"], "The server stumbled");
  EXPECT_TRUE(server_fault.stream().finished);
  EXPECT_THAT(server_fault.answer->sent, IsEmpty()) << "it has been answered already";
}

TEST(code_streams, end_when_the_run_is_lost) {
  running_code one(http_dialect::b);
  one.print("out");
  one.server.code->observers.clear();
  EXPECT_THAT(one.types(), ElementsAre("stdout", "error"));
  EXPECT_TRUE(one.stream().finished);
}

TEST(code_streams, are_left_once) {
  running_code one(http_dialect::b);
  one.print("heard");
  const auto heard = one.stream().body;
  one.stream().close();
  EXPECT_EQ(one.detached, 1);
  one.print("not heard");
  one.show({{"text", "\"1\""}});
  one.finish();
  EXPECT_EQ(one.detached, 1);
  EXPECT_EQ(one.stream().body, heard);
  EXPECT_FALSE(one.stream().finished);
}

TEST(code_streams, are_left_without_a_trace) {
  std::weak_ptr<testing::recording_stream> stream;
  {
    running_code one(http_dialect::b);
    one.print(std::string(1000, 'x'));
    stream = one.answer->opened;
    one.stream().close();
    one.finish();
  }
  EXPECT_TRUE(stream.expired());
}

/// Half of the window is credit, the other half bounds what waits in the connection.
TEST(code_streams, hold_no_more_for_a_slow_client_than_they_may) {
  const std::size_t window = config::http_settings().stream_window_bytes;
  for (const auto spoken : {http_dialect::b, http_dialect::automatic}) {
    running_code one(spoken);
    EXPECT_EQ(one.granted, window / 2);
    std::string expected;
    std::size_t used = 0;
    for (int turn = 0; turn < 100'000 && expected.size() < 8 * window; ++turn) {
      if (used < one.granted) {
        const std::string more(std::min<std::size_t>(one.granted - used, 5000),
                               static_cast<char>('a' + turn % 26));
        used += more.size();
        expected += more;
        one.print(more);
      }
      one.stream().drain(std::min<std::size_t>(one.stream().undrained, 3000));
    }
    ASSERT_GE(expected.size(), 8 * window) << "credit has come back";
    one.finish();
    one.stream().drain_all();
    EXPECT_LE(one.stream().most_undrained, window / 2);
    EXPECT_TRUE(one.text("stdout") == expected);
    EXPECT_LE(one.granted, window / 2 + used) << "what came back was used";
    EXPECT_TRUE(one.stream().finished);
  }
}

TEST(code_streams, take_nothing_from_who_may_send_no_more) {
  running_code one(http_dialect::b);
  const auto granted = one.granted;
  one.print(std::string(granted, 'x'));
  EXPECT_EQ(one.granted, granted) << "the client has taken nothing";
  one.stream().drain_all();
  EXPECT_EQ(one.granted, 2 * granted);
  one.finish();
}

/// Its credit is the size of its frame, which comes back when it has left.
TEST(code_streams, pass_a_large_result_alone) {
  const std::size_t window = config::http_settings().stream_window_bytes;
  const std::string large(4 * window, 'A');
  running_code one(http_dialect::b);
  one.show({{"png", '"' + large + '"'}}, large.size());
  one.show({{"text", "\"next\""}}, 10);
  one.print("after");
  EXPECT_THAT(one.types(), ElementsAre("result"));
  EXPECT_EQ(one.granted, window / 2);
  one.stream().drain_all();
  EXPECT_THAT(one.types(), ElementsAre("result", "result", "stdout"));
  EXPECT_EQ(one.granted, window / 2 + large.size() + 10 + 5);
  EXPECT_LE(one.stream().most_undrained, large.size() + 256);
  one.finish();
  EXPECT_THAT(one.types(), ElementsAre("result", "result", "stdout", "execution_complete"));
}

TEST(code_streams, end_after_everything_a_slow_client_has_to_take) {
  running_code one(http_dialect::b);
  one.print(std::string(one.granted, 'x'));
  one.finish();
  EXPECT_FALSE(one.stream().finished);
  one.stream().drain_all();
  EXPECT_TRUE(one.stream().finished);
  EXPECT_EQ(one.types().back(), "execution_complete");
  EXPECT_EQ(std::ranges::count(one.types(), "execution_complete"), 1);
}

} // namespace
} // namespace sandboxd::http
