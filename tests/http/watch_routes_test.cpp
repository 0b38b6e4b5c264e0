#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::change_type;
using actors::error_code;
using actors::watch_changes;
using nlohmann::json;
using testing::bench;
using ::testing::ElementsAre;
using testing::events_of;
using testing::fixed_timestamp;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json_of;

class watch_routes : public ::testing::Test {
protected:
  bench server;

  std::shared_ptr<testing::recording_responder> watch(const std::string& body) {
    return server.ask("POST", "/api/watch", body);
  }
  std::shared_ptr<testing::recording_responder> check(const std::string& body) {
    return server.ask("POST", "/api/watch/check", body);
  }

  int asked_for_more = 0;
  int left = 0;
  /// An open stream whose watch has begun.
  std::shared_ptr<testing::recording_responder> begun() {
    auto answer = watch(R"({"path":"src"})");
    server.watches->readers.back().watching("watch-3-1795208154691",
                                            {[this] { ++asked_for_more; }, [this] { ++left; }});
    return answer;
  }
  static watch_changes one(const std::string& path, change_type type = change_type::create) {
    return {{{type, path, false, std::chrono::system_clock::time_point(testing::fixed_time)}}, 0};
  }
};

TEST_F(watch_routes, read_what_is_to_be_watched) {
  watch(R"({"path":" src/./x ","sessionId":"s1"})");
  const auto& plain = server.watches->wanted.back();
  EXPECT_EQ(plain.path, "/workspace/src/x") << "never from where the session is";
  EXPECT_TRUE(plain.recursive);
  EXPECT_THAT(plain.include, IsEmpty());
  EXPECT_THAT(plain.events, IsEmpty());
  watch(R"({"path":"/workspace","recursive":false,"include":["*.ts","src/**"],"exclude":[],
            "events":["create","modify","delete","move_from","move_to","attrib"]})");
  const auto& full = server.watches->wanted.back();
  EXPECT_EQ(full.path, "/workspace");
  EXPECT_FALSE(full.recursive);
  EXPECT_THAT(full.include, ElementsAre("*.ts", "src/**"));
  EXPECT_THAT(full.events, ElementsAre(change_type::create, change_type::modify, change_type::remove,
                                       change_type::move_from, change_type::move_to, change_type::attribute));
}

/// The table of HTTP.md 10.1, in its order: the first thing that is wrong is told.
TEST_F(watch_routes, refuse_with_the_context_of_what_is_wrong) {
  struct row {
    std::string body;
    std::string message;
    json context;
  };
  const std::string glob =
      " contains unsupported glob syntax. Supported tokens: *, **, ? and path separators";
  const std::vector<row> rows{
      {"7", "Request body must be a JSON object", nullptr},
      {"[]", "Request body must be a JSON object", nullptr},
      {R"({})", "path is required and must be a non-empty string", json::object()},
      {R"({"path":" "})", "path is required and must be a non-empty string", {{"path", " "}}},
      {R"({"path":7,"include":7})", "path is required and must be a non-empty string", {{"path", 7}}},
      {R"({"path":"a","include":["x"],"exclude":["y"],"recursive":7})",
       "include and exclude cannot be used together. Use include to whitelist patterns, or exclude to "
       "blacklist "
       "patterns.",
       {{"include", {"x"}}, {"exclude", {"y"}}}},
      {R"({"path":"a","include":["x",7]})", "include must be an array of strings", {{"include", {"x", 7}}}},
      {R"({"path":"a","exclude":"x"})", "exclude must be an array of strings", {{"exclude", "x"}}},
      {R"({"path":"a","include":["ok","a[b]"]})",
       "include" + glob,
       {{"pattern", "a[b]"}, {"include", {"ok", "a[b]"}}}},
      {R"({"path":"a","exclude":["{a,b}"]})",
       "exclude" + glob,
       {{"pattern", "{a,b}"}, {"exclude", {"{a,b}"}}}},
      {R"({"path":"a","include":["  "]})", "include" + glob, {{"pattern", "  "}, {"include", {"  "}}}},
      {R"({"path":"a","include":["a\u0000"],"recursive":7})",
       "include" + glob,
       {{"pattern", std::string("a\0", 2)}, {"include", {std::string("a\0", 2)}}}},
      {R"({"path":"a\u0000","recursive":"yes"})",
       "recursive must be a boolean when provided",
       {{"recursive", "yes"}}},
      {R"({"path":"a\u0000","events":["create","open"]})",
       "events must be an array of: create, modify, delete, move_from, move_to, attrib",
       {{"events", {"create", "open"}}}},
      {R"({"path":"/etc/a\u0000b"})",
       "path contains invalid null bytes",
       {{"path", std::string("/etc/a\0b", 8)}}},
  };
  for (const auto& row : rows) {
    for (const auto& got : {watch(row.body), check(row.body)}) {
      ASSERT_EQ(got->sent.size(), 1u) << row.body;
      EXPECT_EQ(got->sent[0].status, 400) << row.body;
      const auto body = json_of(*got);
      EXPECT_EQ(body["code"], "VALIDATION_FAILED");
      EXPECT_EQ(body["message"], row.message);
      if (!row.context.is_null()) {
        EXPECT_EQ(body["context"], row.context) << row.body;
      }
    }
  }
  EXPECT_EQ(json_of(*watch("{"))["code"], "VALIDATION_FAILED");
  EXPECT_THAT(server.watches->wanted, IsEmpty());
}

TEST_F(watch_routes, bound_patterns) {
  const auto many = json{{"path", "a"}, {"include", std::vector<std::string>(101, "x")}};
  EXPECT_THAT(json_of(*watch(many.dump()))["message"].get<std::string>(), HasSubstr("at most 100 patterns"));
  const auto large = json{{"path", "a"}, {"exclude", {std::string(1025, 'x')}}};
  EXPECT_THAT(json_of(*watch(large.dump()))["message"].get<std::string>(), HasSubstr("more than 1024 bytes"));
  const auto long_path = json{{"path", std::string(5000, 'x')}};
  EXPECT_EQ(watch(long_path.dump())->sent.at(0).status, 400);
}

TEST_F(watch_routes, refuse_paths_out_of_the_workspace) {
  for (const auto& [path, resolved] : std::vector<std::pair<std::string, std::string>>{
           {"/etc", "/etc"}, {"../x", "/x"}, {"/workspace/../etc", "/etc"}, {"/workspaces", "/workspaces"}}) {
    for (const auto& got : {watch(json{{"path", path}}.dump()), check(json{{"path", path}}.dump())}) {
      EXPECT_EQ(got->sent.at(0).status, 403);
      const auto body = json_of(*got);
      EXPECT_EQ(body["code"], "PERMISSION_DENIED");
      EXPECT_EQ(body["message"], "path must be inside /workspace");
      EXPECT_EQ(body["context"],
                (json{{"path", path}, {"resolvedPath", resolved}, {"workspaceRoot", "/workspace"}}));
    }
  }
}

TEST_F(watch_routes, tell_why_a_path_cannot_be_watched) {
  struct row {
    actors::failure reason;
    int status;
    const char* code;
    json context;
  };
  actors::failure missing(error_code::file_not_found, "Path does not exist: /workspace/a");
  missing.path = "/workspace/a";
  actors::failure outside(error_code::permission_denied, "path must be inside /workspace");
  outside.path = "/etc";
  const row rows[] = {
      {missing, 404, "FILE_NOT_FOUND", {{"path", "/workspace/a"}}},
      {outside,
       403,
       "PERMISSION_DENIED",
       {{"path", "a"}, {"resolvedPath", "/etc"}, {"workspaceRoot", "/workspace"}}},
      {{error_code::watch_start_failed, "Failed to start file watcher: no room"},
       500,
       "WATCH_START_ERROR",
       {{"path", "/workspace/a"}}},
      {{error_code::too_busy, "There are too many watches"}, 409, "RESOURCE_BUSY", json::object()},
  };
  for (const auto& row : rows) {
    const auto streamed = watch(R"({"path":"a"})");
    server.watches->readers.back().failed(row.reason);
    server.watches->problem = row.reason;
    for (const auto& got : {streamed, check(R"({"path":"a"})")}) {
      ASSERT_EQ(got->sent.size(), 1u);
      EXPECT_EQ(got->sent[0].status, row.status);
      EXPECT_FALSE(got->opened);
      const auto body = json_of(*got);
      EXPECT_EQ(body["code"], row.code);
      EXPECT_EQ(body["message"], row.reason.message);
      EXPECT_EQ(body["context"], row.context) << body;
    }
  }
}

TEST_F(watch_routes, stream_changes_until_the_end) {
  const auto answer = begun();
  ASSERT_TRUE(answer->opened);
  EXPECT_EQ(answer->stream_status, 200);
  EXPECT_THAT(answer->stream_headers,
              ::testing::Contains(std::pair<std::string, std::string>("Content-Type", "text/event-stream")));
  EXPECT_EQ(answer->opened->keep_alive_text, ": ka\n\n");
  answer->opened->drain_all();
  EXPECT_EQ(asked_for_more, 1);
  const auto& reader = server.watches->readers.back();
  reader.changed(one("/workspace/src/caf\xc3\xa9"));
  answer->opened->drain_all();
  EXPECT_EQ(asked_for_more, 2);
  reader.ended(one("/workspace/src/b", change_type::remove), {false, "The watched path was deleted"});
  EXPECT_TRUE(answer->opened->finished);
  const auto events = events_of(*answer->opened);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0],
            (json{{"type", "watching"}, {"path", "/workspace/src"}, {"watchId", "watch-3-1795208154691"}}));
  EXPECT_EQ(events[1], (json{{"type", "event"},
                             {"eventType", "create"},
                             {"path", "/workspace/src/caf\xc3\xa9"},
                             {"isDirectory", false},
                             {"timestamp", fixed_timestamp}}));
  EXPECT_EQ(events[2]["eventType"], "delete");
  EXPECT_EQ(events[3], (json{{"type", "stopped"}, {"reason", "The watched path was deleted"}}));
  EXPECT_THAT(answer->opened->body, HasSubstr("caf\\u00e9"));
}

TEST_F(watch_routes, stream_an_error_as_the_last_event) {
  const auto answer = begun();
  server.watches->readers.back().ended({}, {true, "event queue overflow"});
  EXPECT_EQ(events_of(*answer->opened).back(), (json{{"type", "error"}, {"error", "event queue overflow"}}));
  EXPECT_TRUE(answer->opened->finished);
}

TEST_F(watch_routes, tell_the_reader_when_its_watch_is_lost) {
  const auto answer = begun();
  server.watches->readers.clear();
  EXPECT_EQ(events_of(*answer->opened).back()["type"], "error");
  EXPECT_TRUE(answer->opened->finished);
  const auto refused = watch(R"({"path":"src"})");
  server.watches->readers.clear();
  EXPECT_EQ(refused->sent.at(0).status, 500);
}

/// The next batch is asked for when all of the one before is with the kernel; what was lost is logged.
TEST_F(watch_routes, take_a_batch_at_a_time) {
  const auto answer = begun();
  answer->opened->drain_all();
  watch_changes batch;
  for (int i = 0; i < 1000; ++i)
    batch.changes.push_back(one("/workspace/" + std::string(300, 'x') + std::to_string(i)).changes[0]);
  batch.dropped = 5;
  server.watches->readers.back().changed(std::move(batch));
  EXPECT_LE(answer->opened->most_undrained, config::http_settings().stream_window_bytes);
  EXPECT_EQ(asked_for_more, 1);
  answer->opened->drain_all();
  EXPECT_EQ(asked_for_more, 2);
  EXPECT_EQ(events_of(*answer->opened).size(), 1001u);
  EXPECT_THAT(server.log, ::testing::Contains(HasSubstr("5 changes of /workspace/src were dropped")));
}

TEST_F(watch_routes, leave_when_the_client_does) {
  const auto answer = begun();
  answer->opened->close();
  EXPECT_EQ(left, 1);
  server.watches->readers.back().changed(one("/workspace/src/late"));
  server.watches->readers.back().ended({}, {false, "late"});
}

TEST_F(watch_routes, compare_versions) {
  using outcome = actors::watch_check::outcome;
  const std::vector<std::tuple<outcome, std::string, json>> rows{
      {outcome::unchanged, "unchanged", nullptr},
      {outcome::changed, "changed", nullptr},
      {outcome::expired, "resync", "expired"},
      {outcome::restarted, "resync", "restarted"},
  };
  for (const auto& [status, text, reason] : rows) {
    server.watches->found = {status, {"watch-3-1795208154691", 13}};
    json expected{{"success", true},
                  {"status", text},
                  {"version", "watch-3-1795208154691:13"},
                  {"timestamp", fixed_timestamp}};
    if (!reason.is_null())
      expected["reason"] = reason;
    EXPECT_EQ(json_of(*check(R"({"path":".","since":"watch-3-1795208154691:12"})")), expected);
  }
  EXPECT_EQ(server.watches->versions.back()->cursor, 12u);
  check(R"({"path":"."})");
  EXPECT_FALSE(server.watches->versions.back());
}

TEST_F(watch_routes, refuse_versions_that_are_none) {
  const std::string form = "since must be a version returned by checkChanges()";
  const std::vector<std::pair<json, std::string>> rows{
      {7, "since must be a non-empty string when provided"},
      {" ", "since must be a non-empty string when provided"},
      {std::string("a\0:1", 4), "since contains invalid null bytes"},
      {"watch", form},
      {"watch-1-1:", form},
      {"watch-1-1:x", form},
      {":1", form},
  };
  for (const auto& [since, message] : rows) {
    const auto got = check(json{{"path", "."}, {"since", since}}.dump());
    EXPECT_EQ(got->sent.at(0).status, 400);
    EXPECT_EQ(json_of(*got)["message"], message);
    EXPECT_EQ(json_of(*got)["context"], (json{{"since", since}}));
  }
  server.watches->found = {actors::watch_check::outcome::ahead, {"watch-1-1", 4}};
  const auto ahead = check(R"({"path":".","since":"watch-1-1:9"})");
  EXPECT_EQ(ahead->sent.at(0).status, 400);
  EXPECT_EQ(json_of(*ahead)["code"], "VALIDATION_FAILED");
  EXPECT_EQ(json_of(*ahead)["message"], "since refers to a newer version than the current watch state");
  EXPECT_EQ(json_of(*ahead)["context"], (json{{"since", "watch-1-1:9"}, {"currentVersion", "watch-1-1:4"}}));
}

TEST(watch_routes_of_both_dialects, answer_the_same) {
  for (const auto spoken : {config::http_dialect::a, config::http_dialect::b}) {
    config::settings settings;
    settings.http.dialect = spoken;
    bench server(settings);
    server.watches->found = {actors::watch_check::outcome::changed, {"watch-1-1", 1}};
    EXPECT_EQ(json_of(*server.ask("POST", "/api/watch/check", R"({"path":"."})"))["status"], "changed");
  }
}

} // namespace
} // namespace sandboxd::http
