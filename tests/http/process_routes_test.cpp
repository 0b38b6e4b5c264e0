#include "tests/http/fakes.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::error_code;
using actors::if_missing;
using actors::process_status;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using std::string_literals::operator""s;
using testing::bench;
using testing::fixed_timestamp;
using testing::json_of;

class process_routes : public ::testing::Test {
protected:
  bench a{settings_for(config::http_dialect::a)};
  bench b{settings_for(config::http_dialect::b)};

  static config::settings settings_for(config::http_dialect spoken) {
    config::settings settings;
    settings.http.dialect = spoken;
    return settings;
  }
  static const actors::process_request& start(bench& server, const char* body) {
    const auto got = server.ask("POST", "/api/process/start", body);
    EXPECT_EQ(got->sent.at(0).status, 200) << got->sent.at(0).body;
    return server.processes->started.back();
  }
};

TEST_F(process_routes, read_options_where_the_dialect_has_them) {
  const auto& in_a = start(a, R"({"command":"c","sessionId":"s1","options":
      {"processId":"p","timeout":1500,"env":{"A":"1"},"cwd":"/d","encoding":"utf8","autoCleanup":true}})");
  EXPECT_EQ(in_a.missing, if_missing::refuse);
  const auto& in_b = start(b, R"({"command":"c","sessionId":"s1","processId":"p","timeoutMs":1500,
      "env":{"A":"1"},"cwd":"/d","encoding":"utf8","autoCleanup":true})");
  EXPECT_EQ(in_b.missing, if_missing::create);
  for (const auto* asked : {&in_a, &in_b}) {
    EXPECT_EQ(asked->id, "p");
    EXPECT_EQ(asked->session, "s1");
    EXPECT_EQ(asked->command, "c");
    EXPECT_EQ(asked->timeout, std::chrono::milliseconds(1500));
    EXPECT_EQ(asked->env, (actors::environment{{"A", "1"}}));
    EXPECT_EQ(asked->cwd, "/d");
  }
}

TEST_F(process_routes, make_ids_in_the_form_of_the_dialect) {
  EXPECT_THAT(start(a, R"({"command":"c","options":{}})").id, MatchesRegex("proc_1769862896789_[0-9a-f]+"));
  EXPECT_EQ(a.processes->started.back().id.size(), "proc_1769862896789_"s.size() + 12);
  EXPECT_THAT(start(b, R"({"command":"c"})").id, MatchesRegex("proc_1769862896789_[0-9a-z]+"));
  EXPECT_EQ(b.processes->started.back().id.size(), "proc_1769862896789_"s.size() + 6);
}

TEST_F(process_routes, answer_a_start_with_the_union_of_both_dialects) {
  const auto in_a = json_of(*a.ask("POST", "/api/process/start",
                                   R"({"command":"c","sessionId":"s1","options":{"processId":"p"}})"));
  EXPECT_EQ(in_a, json::parse(R"({"success":true,"processId":"p","pid":4711,"command":"c",
      "timestamp":"2026-01-31T12:34:56.789Z","process":{"id":"p","pid":4711,"command":"c","status":"running",
      "startTime":"2026-01-31T12:34:56.789Z","endTime":null,"exitCode":null,"sessionId":"s1"}})"));
  const auto in_b =
      json_of(*b.ask("POST", "/api/process/start", R"({"command":"c","sessionId":"s1","processId":"p"})"));
  EXPECT_FALSE(in_b["process"].contains("exitCode"));
  EXPECT_EQ(in_b["pid"], 4711);
}

TEST_F(process_routes, write_to_the_standard_input_of_a_process) {
  EXPECT_TRUE(start(a, R"({"command":"c","sessionId":"s1","options":{"stdin":true}})").with_input);
  EXPECT_TRUE(start(b, R"({"command":"c","stdin":true})").with_input);
  EXPECT_FALSE(start(b, R"({"command":"c"})").with_input);
  EXPECT_EQ(json_of(*b.ask("POST", "/api/process/p/stdin", R"({"data":"a\u0000b"})")),
            json({{"success", true},
                  {"processId", "p"},
                  {"written", 3},
                  {"closed", false},
                  {"timestamp", fixed_timestamp}}));
  b.ask("POST", "/api/process/p/stdin", R"({"data":"aGk=","encoding":"base64","close":true})");
  b.ask("POST", "/api/process/p/stdin", R"({"close":true})");
  EXPECT_THAT(b.processes->written, ElementsAre("p: a\0b"s, "p: hi and close", "p:  and close"));
  for (const auto& [body, field] :
       std::vector<std::pair<const char*, const char*>>{{R"({})", "data"},
                                                        {R"({"data":7})", "data"},
                                                        {R"({"data":"x","encoding":"hex"})", "encoding"},
                                                        {R"({"data":"!","encoding":"base64"})", "data"},
                                                        {R"({"data":"x","close":"yes"})", "close"}}) {
    const auto got = b.ask("POST", "/api/process/p/stdin", body);
    EXPECT_EQ(got->sent.at(0).status, 400) << body;
    EXPECT_EQ(json_of(*got)["context"]["validationErrors"][0]["field"], field) << body;
  }
}

TEST_F(process_routes, refuse_what_no_process_can_be) {
  const auto none = b.ask("POST", "/api/process/start", R"({})");
  EXPECT_EQ(none->sent.at(0).status, 400);
  EXPECT_EQ(json_of(*none)["code"], "INVALID_COMMAND");
  EXPECT_EQ(json_of(*none)["context"], json::object()); // HTTP.md 3.2
  const std::vector<std::pair<const char*, const char*>> bodies{
      {R"({"command":7})", "command"},
      {R"({"command":"c","processId":""})", "processId"},
      {R"({"command":"c","processId":"a\u0000b"})", "processId"},
      {R"({"command":"c","env":{"1A":"x"}})", "env.1A"},
      {R"({"command":"c","timeoutMs":-1})", "timeoutMs"},
  };
  for (const auto& [body, field] : bodies) {
    const auto got = b.ask("POST", "/api/process/start", body);
    EXPECT_EQ(got->sent.at(0).status, 400) << body;
    EXPECT_EQ(json_of(*got)["context"]["validationErrors"][0]["field"], field) << got->sent.at(0).body;
  }
  EXPECT_TRUE(b.processes->started.empty());
}

TEST_F(process_routes, tell_of_a_failed_start_as_the_dialect_does) {
  a.processes->problem = b.processes->problem =
      actors::failure(error_code::process_exists, "Process already exists in session: p");
  const auto in_a = a.ask("POST", "/api/process/start", R"({"command":"c","options":{"processId":"p"}})");
  EXPECT_EQ(in_a->sent.at(0).status, 500);
  EXPECT_EQ(json_of(*in_a)["error"], "Failed to start process");
  EXPECT_EQ(json_of(*in_a)["message"], "Process already exists in session: p");
  const auto in_b = b.ask("POST", "/api/process/start", R"({"command":"c","processId":"p"})");
  EXPECT_EQ(in_b->sent.at(0).status, 409);
  EXPECT_EQ(json_of(*in_b)["code"], "PROCESS_ERROR");
  EXPECT_EQ(json_of(*in_b)["context"], (json{{"processId", "p"}}));
}

TEST_F(process_routes, list_records) {
  for (bench* server : {&a, &b}) {
    server->processes->make("p1", "s1", "one")->run(1);
    server->processes->make("p2", "s2", "two")
        ->finish(process_status::failed, 3, actors::process_record::time{});
  }
  const auto of_session = json_of(*a.ask("GET", "/api/process/list?session=s2"));
  EXPECT_EQ(of_session["count"], 1);
  EXPECT_EQ(of_session["processes"][0]["id"], "p2");
  EXPECT_EQ(of_session["processes"][0]["exitCode"], 3);
  const auto all = json_of(*b.ask("GET", "/api/process/list"));
  EXPECT_EQ(all["count"], 2);
  EXPECT_FALSE(all["processes"][0].contains("exitCode"));
  EXPECT_EQ(all["processes"][1]["endTime"], "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(json_of(*b.ask("GET", "/api/process/list?status=failed"))["count"], 1);
  EXPECT_EQ(json_of(*a.ask("GET", "/api/process/list?session=sandbox-x"))["count"], 0)
      << "its default session, which its client believes to exist";
  const auto unknown = a.ask("GET", "/api/process/list?session=none");
  EXPECT_EQ(unknown->sent.at(0).status, 404);
  EXPECT_EQ(json_of(*unknown)["error"], "Session 'none' not found");
}

TEST_F(process_routes, give_logs_byte_for_byte_but_for_a_last_line_in_b) {
  for (bench* server : {&a, &b}) {
    const auto process = server->processes->make("p", "s1", "c");
    process->log.append(false, "out \xe2\x82");
    process->log.append(false, "\xac\xff");
    process->log.append(true, "err\n");
    process->finish(process_status::completed, 0, {});
  }
  EXPECT_EQ(json_of(*a.ask("GET", "/api/process/p/logs"))["stdout"], "out \xe2\x82\xac\xef\xbf\xbd");
  const auto in_b = json_of(*b.ask("GET", "/api/process/p/logs"));
  EXPECT_EQ(in_b["stdout"], "out \xe2\x82\xac\xef\xbf\xbd\n");
  EXPECT_EQ(in_b["stderr"], "err\n");
  EXPECT_EQ(in_b["sessionId"], "s1");
}

/// One that writes faster than its client reads.
TEST_F(process_routes, give_logs_as_they_are_when_they_are_asked_for) {
  const auto process = b.processes->make("p", "s1", "c");
  process->log.append(false, std::string(400'000, 'x'));
  const auto got = b.ask("GET", "/api/process/p/logs");
  ASSERT_TRUE(got->opened);
  for (int i = 0; i < 2000 && got->opened->undrained > 0; ++i) {
    process->log.append(false, std::string(10'000, 'y'));
    got->opened->drain(std::min<std::size_t>(got->opened->undrained, 1000));
  }
  EXPECT_TRUE(got->opened->finished);
}

TEST_F(process_routes, kill_one_or_all) {
  a.processes->make("p", "s1", "c");
  EXPECT_EQ(json_of(*a.ask("DELETE", "/api/process/p")),
            json::parse(R"({"success":true,"processId":"p","sessionId":"s1","message":"Process p killed",
                "timestamp":"2026-01-31T12:34:56.789Z"})"));
  EXPECT_EQ(json_of(*a.ask("DELETE", "/api/process/kill-all?session=nobody"))["error"],
            "Session 'nobody' not found");
  a.processes->make("p", "s1", "c");
  EXPECT_EQ(json_of(*a.ask("DELETE", "/api/process/kill-all?session=s1")),
            json::parse(R"({"success":true,"killedCount":2,"cleanedCount":2,"message":"Killed 2 processes",
                "timestamp":"2026-01-31T12:34:56.789Z"})"));
  b.ask("DELETE", "/api/process/kill-all");
  EXPECT_THAT(a.processes->killed, ElementsAre("p", "all of s1"));
  EXPECT_THAT(b.processes->killed, ElementsAre("all"));
}

// ---- followers

class process_streams : public process_routes {
protected:
  struct follower {
    std::shared_ptr<testing::recording_responder> answer;
    [[nodiscard]] std::vector<json> events() const { return testing::events_of(*answer->opened); }
    void drain() const { answer->opened->drain_all(); }
  };
  static follower follow(bench& server, const std::string& query = "") {
    return {server.ask("GET", "/api/process/p/stream" + query)};
  }
  static std::string text(const std::vector<json>& events, const std::string& type) {
    std::string joined;
    for (const auto& event : events)
      if (event["type"] == type)
        joined += event["data"].get<std::string>();
    return joined;
  }
};

TEST_F(process_streams, replay_and_go_on_and_end_once) {
  const auto process = b.processes->make("p", "s1", "c");
  process->run(1);
  process->log.append(false, "before ");
  const auto early = follow(b);
  process->log.append(true, "err");
  process->log.append(false, "after");
  process->finish(process_status::failed, 7, {});
  const auto late = follow(b);
  for (const auto& one : {early, late}) {
    one.drain();
    const auto events = one.events();
    EXPECT_EQ(events.front()["type"], "process_info");
    EXPECT_EQ(text(events, "stdout"), "before after");
    EXPECT_EQ(text(events, "stderr"), "err");
    EXPECT_EQ(events.back(), (json{{"type", "exit"},
                                   {"processId", "p"},
                                   {"exitCode", 7},
                                   {"data", "Process failed with exit code 7"},
                                   {"timestamp", fixed_timestamp}}));
    EXPECT_TRUE(one.answer->opened->finished);
  }
}

TEST_F(process_streams, end_in_the_words_of_the_dialect) {
  a.processes->make("p", "s1", "c")->finish(process_status::completed, 0, {});
  const auto in_a = follow(a);
  in_a.drain();
  EXPECT_EQ(in_a.events(), (std::vector<json>{{{"type", "complete"},
                                               {"status", "completed"},
                                               {"exitCode", 0},
                                               {"processId", "p"},
                                               {"sessionId", "s1"},
                                               {"timestamp", fixed_timestamp}}}));
  b.processes->make("p", "s1", "c")->finish(process_status::error, std::nullopt, {});
  const auto in_b = follow(b);
  in_b.drain();
  ASSERT_EQ(in_b.events().size(), 2u);
  EXPECT_EQ(in_b.events()[1]["type"], "exit");
  EXPECT_EQ(in_b.events()[1]["exitCode"], 1) << "always a number";
}

TEST_F(process_streams, begin_where_the_client_wants) {
  const auto process = b.processes->make("p", "s1", "c");
  process->log.append(false, "0123456789");
  process->log.append(true, "abcdef");
  process->finish(process_status::completed, 0, {});
  const auto one = follow(b, "?stdout=4&stderr=6");
  one.drain();
  EXPECT_EQ(text(one.events(), "stdout"), "456789");
  EXPECT_EQ(text(one.events(), "stderr"), "");
  EXPECT_EQ(one.events()[1]["offset"], 4);
}

TEST_F(process_streams, hold_nobody_up_and_say_what_was_missed) {
  const auto process = b.processes->make("p", "s1", "c", {1000, 0, "/tmp", nullptr});
  const auto stuck = follow(b);
  for (int i = 0; i < 10'000; ++i)
    process->log.append(false, std::string(1000, 'x'));
  EXPECT_LE(stuck.answer->opened->undrained, 9000u) << "8 KiB of output and their frame";
  process->log.append(false, "last");
  process->finish(process_status::completed, 0, {});
  stuck.drain();
  const auto got = text(stuck.events(), "stdout");
  EXPECT_THAT(got, ::testing::HasSubstr("[output truncated: "));
  EXPECT_THAT(got, ::testing::EndsWith("xlast"));
  EXPECT_EQ(stuck.events().back()["type"], "exit");
}

TEST_F(process_streams, cut_no_character) {
  const auto process = b.processes->make("p", "s1", "c");
  const auto one = follow(b);
  process->log.append(false, "\xe2");
  process->log.append(false, "\x82");
  process->log.append(false, "\xac and \xe2");
  process->finish(process_status::completed, 0, {});
  one.drain();
  EXPECT_EQ(text(one.events(), "stdout"), "\xe2\x82\xac and \xef\xbf\xbd");
}

/// At its end a log keeps its last 64 KiB in memory; where they begin a read ends, here after the first byte
/// of a character.
TEST_F(process_streams, go_on_behind_a_character_that_lies_half_in_the_file) {
  const sandboxd::testing::scratch_directory spilled;
  const auto process = b.processes->make("p", "s1", "c", {1u << 20, 1u << 20, spilled.path(), nullptr});
  std::string characters;
  for (std::size_t i = 0; i < 64u << 10; ++i)
    characters += "\xc3\xa9";
  process->log.append(false, characters + "\n");
  process->finish(process_status::completed, 0, {});
  process->log.put_away();
  const auto one = follow(b);
  one.drain();
  EXPECT_TRUE(text(one.events(), "stdout") == characters + "\n") << text(one.events(), "stdout").size();
}

TEST_F(process_streams, are_left_without_a_trace) {
  const auto process = b.processes->make("p", "s1", "c");
  std::weak_ptr<testing::recording_stream> stream;
  {
    const auto one = follow(b);
    stream = one.answer->opened;
    one.answer->opened->close();
  }
  process->log.append(false, "nobody reads this");
  EXPECT_TRUE(stream.expired());
}

} // namespace
} // namespace sandboxd::http
