#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::error_code;
using nlohmann::json;
using testing::bench;
using testing::json_of;
using testing::recording_responder;

/// What every dialect must see for one request; `{}` members of the expectation are exact.
void expect(const recording_responder& answer, int status, std::string_view body) {
  ASSERT_EQ(answer.sent.size(), 1u);
  EXPECT_EQ(answer.sent[0].status, status);
  EXPECT_EQ(answer.sent[0].headers.at(0),
            (std::pair<std::string, std::string>{"Content-Type", "application/json"}));
  EXPECT_EQ(json_of(answer), json::parse(body)) << answer.sent[0].body;
}

const header_list json_type{{"Content-Type", "application/json"}};

/// A bench whose client is known to be of the dialect.
bench speaking(dialect spoken, config::settings settings = {}) {
  settings.http.dialect = spoken == dialect::a   ? config::http_dialect::a
                          : spoken == dialect::b ? config::http_dialect::b
                                                 : config::http_dialect::automatic;
  return bench(std::move(settings));
}

TEST(application, answers_the_readiness_probe) {
  bench b;
  const auto answer = b.ask("GET", "/", "", {{"Host", "ping"}});
  ASSERT_EQ(answer->sent.size(), 1u);
  EXPECT_EQ(answer->sent[0].status, 200);
  EXPECT_EQ(answer->sent[0].headers.at(0).second, "text/plain; charset=utf-8");
  EXPECT_FALSE(answer->sent[0].body.empty());
}

TEST(application, answers_options_on_any_path) {
  bench b;
  for (const char* path : {"/api/execute", "/nowhere"}) {
    const auto answer = b.ask("OPTIONS", path);
    ASSERT_EQ(answer->sent.size(), 1u);
    EXPECT_EQ(answer->sent[0].status, 200);
    EXPECT_EQ(answer->sent[0].body, "");
  }
}

/// HTTP.md 1.3
TEST(application, answers_404_for_unknown_paths_and_methods) {
  bench b;
  for (const auto& [method, path] :
       std::initializer_list<std::pair<const char*, const char*>>{{"GET", "/nowhere"},
                                                                  {"GET", "/api/execute"},
                                                                  {"PATCH", "/api/execute"},
                                                                  {"POST", "/api/execute/"},
                                                                  {"DELETE", "/"},
                                                                  {"POST", "/api/desktop/start"}})
    expect(*b.ask(method, path), 404,
           R"({"code":"UNKNOWN_ERROR","message":"The requested endpoint was not found","context":{},
               "httpStatus":404,"timestamp":"2026-01-31T12:34:56.789Z","error":"Not Found"})");
}

/// HTTP.md 13
TEST(application, answers_ping_in_each_dialect) {
  bench a;
  expect(*a.ask("GET", "/api/ping", "", json_type), 200,
         R"({"success":true,"message":"pong","status":"ready","system":"sandboxd","progress":100,
             "timestamp":"2026-01-31T12:34:56.789Z"})");
  bench b;
  EXPECT_EQ(json_of(*b.ask("GET", "/api/ping"))["status"], "healthy");
}

/// HTTP.md 13, NEW: a configured compatible version
TEST(application, answers_a_version_of_the_sdk_by_default) {
  bench b;
  expect(*b.ask("GET", "/api/version"), 200,
         R"({"success":true,"version":"0.12.10","timestamp":"2026-01-31T12:34:56.789Z"})");
}

TEST(application, lists_commands) {
  bench b;
  const auto answer = b.ask("GET", "/api/commands");
  b.app.reset(); // waits for the scan
  expect(*answer, 200,
         R"({"success":true,"availableCommands":[],"count":0,"timestamp":"2026-01-31T12:34:56.789Z"})");
}

// ---- bodies

struct bad_body {
  const char* body;
  const char* field;
};

TEST(application, names_what_is_wrong_with_a_body_in_both_dialects) {
  const bad_body bodies[] = {
      {"", "body"},
      {"not json", "body"},
      {"[]", "body"},
      {"\"x\"", "body"},
      {"{\"command\":\"\xff\"}", "command"},
      {R"({"command":"a","command":"b"})", "command"},
      {R"({"env":{"A":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}})",
       "env.A"},
      {R"({"command":5,"id":"s","sessionId":"s"})", "command"},
      {R"({"command":"a\u0000","id":"s","sessionId":"s"})", "command"},
      {R"({"command":"a","id":5,"sessionId":5})", "?"},
      {R"({"command":"a","id":"s","sessionId":"s","cwd":1})", "cwd"},
      {R"({"command":"a","id":"s","sessionId":"s","env":{"1A":"x"}})", "env.1A"},
      {R"({"command":"a","id":"s","sessionId":"s","env":[]})", "env"},
      {R"({"command":"a","id":"s","sessionId":"s","timeoutMs":"1"})", "timeoutMs"},
      {R"({"command":"a","id":"s","sessionId":"s","timeoutMs":-1})", "timeoutMs"},
      {R"({"command":"a","id":"s","sessionId":"s","background":true})", "background"},
      {R"({"command":"a","id":"s","sessionId":"s","background":1})", "background"},
  };
  for (const dialect spoken : {dialect::a, dialect::b}) {
    for (const char* path : {"/api/execute", "/api/execute/stream"}) {
      for (const bad_body& bad : bodies) {
        bench b = speaking(spoken);
        const auto answer = b.ask("POST", path, bad.body);
        ASSERT_EQ(answer->sent.size(), 1u) << bad.body;
        EXPECT_EQ(answer->sent[0].status, 400) << bad.body;
        const json body = json_of(*answer);
        EXPECT_EQ(body["code"], "VALIDATION_FAILED") << bad.body;
        EXPECT_EQ(body["httpStatus"], 400);
        EXPECT_EQ(body["error"], body["message"]);
        EXPECT_EQ(body["suggestion"],
                  "Check the request parameters and ensure they match the required format");
        const std::string field =
            bad.field != std::string("?") ? bad.field : (spoken == dialect::a ? "id" : "sessionId");
        EXPECT_EQ(body["context"]["validationErrors"][0]["field"], field) << bad.body;
        const json said = body["context"]["validationErrors"][0]["message"];
        const bool is_json = said.get<std::string>().find("Invalid JSON") == std::string::npos;
        EXPECT_EQ(body["message"], is_json ? said : json("Invalid request body")) << bad.body;
        EXPECT_TRUE(b.sandbox->commands.empty());
      }
    }
  }
}

TEST(application, answers_500_when_a_resource_throws) {
  struct throwing_sandbox final : actors::sandbox_client {
    void create_session(actors::session_options, actors::if_exists,
                        actors::reply<actors::session_created>) override {}
    void list_sessions(actors::reply<std::vector<std::string>>) override {
      throw std::runtime_error("internal");
    }
    void delete_session(std::string, actors::reply<std::string>) override {}
    void execute(actors::command_request, actors::observer_handle) override {}
  };
  std::vector<std::string> log;
  services with;
  with.settings = std::make_shared<const config::settings>();
  with.sandbox = std::make_shared<throwing_sandbox>();
  with.commands = std::make_shared<command_catalog>("");
  with.log = [&](config::log_level, std::string_view text) { log.emplace_back(text); };
  const auto app = std::make_shared<application>(std::move(with));
  auto sent = std::make_shared<request>();
  sent->method = "GET";
  sent->path = "/api/session/list";
  sent->id = "r9";
  const auto answer = std::make_shared<recording_responder>();
  app->serve(sent, answer);
  EXPECT_EQ(answer->sent.at(0).status, 500);
  EXPECT_EQ(json_of(*answer)["code"], "INTERNAL_ERROR");
  EXPECT_EQ(answer->sent[0].body.find("internal\""), std::string::npos) << "what went wrong is for the log";
  EXPECT_THAT(log, ::testing::Contains("request r9 GET /api/session/list: internal"));
}

TEST(application, forgets_a_request_while_its_command_runs) {
  for (const char* path : {"/api/execute", "/api/execute/stream"}) {
    bench b;
    auto sent = bench::make_request("POST", path, R"({"sessionId":"s","command":"c"})");
    const std::weak_ptr<request> watched = sent;
    const auto answer = b.ask(std::move(sent));
    EXPECT_EQ(b.sandbox->observers.size(), 1u);
    EXPECT_TRUE(answer->sent.empty());
    EXPECT_TRUE(watched.expired()) << path << ": its share of the budget is free";
  }
}

TEST(application, parses_large_bodies_apart) {
  bench b;
  b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c"})");
  EXPECT_EQ(b.run_apart, 0);
  b.ask("POST", "/api/execute", R"({"sessionId":"s","command":")" + std::string(300'000, 'c') + "\"}");
  EXPECT_EQ(b.run_apart, 1);
  EXPECT_EQ(b.sandbox->commands.at(1).command.size(), 300'000u);
}

TEST(application, marks_housekeeping_of_the_sdk_for_the_log) {
  bench b;
  EXPECT_TRUE(
      b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c","origin":"internal"})")->internal);
  EXPECT_FALSE(b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c","origin":"user"})")->internal);
  EXPECT_FALSE(b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c"})")->internal);
}

TEST(application, logs_the_detail_of_a_failure_and_keeps_it_from_the_client) {
  bench b;
  b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c"})");
  b.log.clear();
  auto reason = testing::failure_of_code(error_code::command_execution_error, "It cannot run");
  reason.detail = "fork: EAGAIN";
  const auto answer = b.ask("POST", "/api/execute", R"({"sessionId":"s","command":"c"})");
  b.sandbox->observers.at(1).failed(reason);
  EXPECT_EQ(answer->sent.at(0).body.find("EAGAIN"), std::string::npos);
  EXPECT_EQ(answer->sent.at(0).code, "COMMAND_EXECUTION_ERROR");
  EXPECT_EQ(b.log, std::vector<std::string>{"request r1 failed: COMMAND_EXECUTION_ERROR: fork: EAGAIN"});
}

TEST(application, tells_a_late_request_that_the_sandbox_ends) {
  bench b;
  auto sent = bench::make_request("POST", "/api/execute", R"({"sessionId":"s","command":"c"})");
  sent->late = true;
  const auto answer = b.ask(std::move(sent));
  EXPECT_EQ(answer->sent.at(0).status, 503);
  EXPECT_EQ(json_of(*answer)["code"], "CONTAINER_UNAVAILABLE");
  EXPECT_EQ(json_of(*answer)["context"]["reason"], "container_replaced");
  EXPECT_TRUE(b.sandbox->commands.empty());
}

TEST(application, uses_new_settings_from_the_next_request_on) {
  bench b;
  auto changed = std::make_shared<config::settings>();
  changed->sandbox.version = "9.9.9";
  b.app->use(changed);
  EXPECT_EQ(json_of(*b.ask("GET", "/api/version"))["version"], "9.9.9");
}

TEST(application, logs_when_the_client_changes_its_dialect) {
  bench b;
  b.ask("POST", "/api/execute", R"({"id":"s","command":"c"})");
  EXPECT_TRUE(b.log.empty());
  b.ask("GET", "/api/version");
  ASSERT_EQ(b.log.size(), 1u);
  EXPECT_EQ(b.log[0], "client changed from dialect a to b with request r1 (GET /api/version)");
}

// ---- sessions

/// HTTP.md 4.1 and 2.4
TEST(session_create, answers_the_union) {
  bench b;
  expect(*b.ask("POST", "/api/session/create", R"({"id":"s1","isolation":false})"), 200,
         R"({"success":true,"id":"s1","message":"Session 's1' created without isolation","sessionId":"s1",
             "containerPlacementId":null,"data":{"id":"s1"},"timestamp":"2026-01-31T12:34:56.789Z"})");
  EXPECT_FALSE(b.sandbox->created.at(0).first.isolate);

  config::settings settings;
  settings.sandbox.placement_id = "p-7";
  bench placed(settings);
  expect(*placed.ask("POST", "/api/session/create", R"({"id":"s1"})"), 200,
         R"({"success":true,"id":"s1","message":"Session 's1' created with isolation","sessionId":"s1",
             "containerPlacementId":"p-7","data":{"id":"s1"},"timestamp":"2026-01-31T12:34:56.789Z"})");
}

TEST(session_create, passes_the_options_on) {
  config::settings settings;
  settings.session.command_timeout = std::chrono::milliseconds(77);
  bench b = speaking(dialect::b, settings);
  b.ask("POST", "/api/session/create",
        R"({"id":"s1","env":{"A":"1","B":null},"cwd":"/srv","commandTimeoutMs":500})");
  b.ask("POST", "/api/session/create", R"({"id":"s2"})");
  b.ask("POST", "/api/session/create", R"({"id":"s3","cwd":"sub","commandTimeoutMs":0})");
  const auto& [first, first_existing] = b.sandbox->created.at(0);
  EXPECT_EQ(first.id, "s1");
  EXPECT_EQ(first.env, (actors::environment{{"A", "1"}}));
  EXPECT_EQ(first.cwd, "/srv");
  EXPECT_EQ(first.command_timeout, std::chrono::milliseconds(500));
  EXPECT_TRUE(first.isolate);
  EXPECT_FALSE(b.sandbox->created.at(1).first.command_timeout) << "the session follows the setting";
  EXPECT_EQ(b.sandbox->created.at(1).first.cwd, "");
  EXPECT_EQ(b.sandbox->created.at(2).first.cwd, "/workspace/sub");
  EXPECT_EQ(b.sandbox->created.at(2).first.command_timeout, std::chrono::milliseconds(0)) << "unlimited";
}

struct creation_policy {
  dialect spoken;
  actors::if_exists existing;
  bool keep_after_restart;
};

/// HTTP.md 2.4 (last column) and 4.4
TEST(session_create, treats_duplicates_and_restarts_as_the_dialect_wants) {
  for (const creation_policy& p : {creation_policy{dialect::a, actors::if_exists::reuse, true},
                                   creation_policy{dialect::b, actors::if_exists::refuse, false},
                                   creation_policy{dialect::unknown, actors::if_exists::reuse, true}}) {
    bench b = speaking(p.spoken);
    b.ask("POST", "/api/session/create", R"({"id":"s1"})");
    EXPECT_EQ(b.sandbox->created.at(0).second, p.existing) << to_string(p.spoken);
    EXPECT_EQ(b.sandbox->created.at(0).first.keep_after_restart, p.keep_after_restart) << to_string(p.spoken);
  }
}

TEST(session_create, learns_the_dialect_from_the_request_itself) {
  bench b;
  b.ask("POST", "/api/session/create", R"({"id":"s1","commandTimeoutMs":5})");
  EXPECT_EQ(b.sandbox->created.at(0).second, actors::if_exists::refuse);
  b.ask("POST", "/api/session/create", R"({"id":"s1","isolation":true})");
  EXPECT_EQ(b.sandbox->created.at(1).second, actors::if_exists::reuse);
}

TEST(session_create, answers_a_duplicate) {
  bench b = speaking(dialect::b);
  b.sandbox->creation = testing::failure_of_code(error_code::session_already_exists);
  expect(*b.ask("POST", "/api/session/create", R"({"id":"s1"})"), 409,
         R"({"code":"SESSION_ALREADY_EXISTS","message":"Session 's1' already exists",
             "context":{"sessionId":"s1","containerPlacementId":null},"httpStatus":409,
             "timestamp":"2026-01-31T12:34:56.789Z",
             "suggestion":"Session \"s1\" already exists. Use a different session ID or reuse the existing session",
             "error":"Failed to create session"})");
}

TEST(session_create, takes_a_body_that_is_no_json_for_an_empty_one) {
  for (const char* body : {"", "{}", "nonsense", R"({"id":""})", R"({"id":null})"}) {
    bench b = speaking(dialect::b);
    const auto answer = b.ask("POST", "/api/session/create", body);
    EXPECT_EQ(answer->sent.at(0).status, 200) << body;
    const std::string id = b.sandbox->created.at(0).first.id;
    EXPECT_THAT(id, ::testing::MatchesRegex("session_1769862896789_[0-9a-f]{12}")) << body;
    EXPECT_EQ(json_of(*answer)["id"], id);

    bench a = speaking(dialect::a);
    const auto refused = a.ask("POST", "/api/session/create", body);
    EXPECT_EQ(refused->sent.at(0).status, 400) << body;
    EXPECT_EQ(json_of(*refused)["error"], "Session ID is required") << body;
    EXPECT_EQ(json_of(*refused)["context"]["validationErrors"][0]["field"], "id") << body;
  }
}

TEST(session_create, refuses_bad_fields) {
  struct bad {
    const char* body;
    const char* field;
  };
  for (const bad& c :
       {bad{R"({"id":"__DISABLE_SESSION__"})", "id"}, bad{R"({"id":7})", "id"}, bad{R"({"id":"  "})", "id"},
        bad{R"({"id":"s","env":{"A B":"x"}})", "env.A B"}, bad{R"({"id":"s","env":"x"})", "env"},
        bad{R"({"id":"s","cwd":{}})", "cwd"}, bad{R"({"id":"s","isolation":"no"})", "isolation"},
        bad{R"({"id":"s","commandTimeoutMs":-5})", "commandTimeoutMs"},
        bad{R"({"id":"s","id":"t"})", "id"}}) {
    for (const dialect spoken : {dialect::a, dialect::b}) {
      bench b = speaking(spoken);
      const auto answer = b.ask("POST", "/api/session/create", c.body);
      EXPECT_EQ(answer->sent.at(0).status, 400) << c.body;
      EXPECT_EQ(json_of(*answer)["context"]["validationErrors"][0]["field"], c.field) << c.body;
      EXPECT_TRUE(b.sandbox->created.empty());
    }
  }
}

/// Such a session could end the server, with which the rules for the network go.
TEST(session_create, without_isolation_is_refused_where_the_network_is_limited) {
  const char* body = R"({"id":"s","isolation":false})";
  for (const auto egress :
       {config::network_egress::open, config::network_egress::none, config::network_egress::listed}) {
    config::settings settings;
    settings.network.egress = egress;
    bench b(settings);
    const auto answer = b.ask("POST", "/api/session/create", body);
    if (egress == config::network_egress::open) {
      EXPECT_EQ(answer->sent.at(0).status, 200);
      continue;
    }
    EXPECT_EQ(answer->sent.at(0).status, 400);
    EXPECT_EQ(json_of(*answer)["context"]["validationErrors"][0]["field"], "isolation");
    EXPECT_TRUE(b.sandbox->created.empty());
  }
}

TEST(session_create, refuses_a_variable_that_its_shell_cannot_be_started_with) {
  const auto body = [](std::size_t bytes) {
    return R"({"id":"s","env":{"BIG":")" + std::string(bytes - std::strlen("BIG=") - 1, 'x') + "\"}}";
  };
  for (const dialect spoken : {dialect::a, dialect::b}) {
    bench b = speaking(spoken);
    b.ask("POST", "/api/session/create", body(131'072));
    EXPECT_EQ(b.sandbox->created.size(), 1u);
    const auto answer = b.ask("POST", "/api/session/create", body(131'073));
    EXPECT_EQ(answer->sent.at(0).status, 400);
    EXPECT_EQ(json_of(*answer)["code"], "VALIDATION_FAILED");
    EXPECT_EQ(json_of(*answer)["context"]["validationErrors"][0]["field"], "env.BIG");
    EXPECT_EQ(b.sandbox->created.size(), 1u);
  }
}

/// HTTP.md 4.1, row "Bad cwd"
TEST(session_create, refuses_a_relative_directory_in_a) {
  bench b = speaking(dialect::a);
  const auto answer = b.ask("POST", "/api/session/create", R"({"id":"s1","cwd":"rel","isolation":true})");
  EXPECT_EQ(answer->sent.at(0).status, 500);
  EXPECT_EQ(json_of(*answer)["error"], "Failed to create session");
  EXPECT_EQ(json_of(*answer)["message"], "cwd must be an absolute path starting with '/', got: rel");
}

TEST(session_list, answers_the_union) {
  bench b;
  b.sandbox->sessions = std::vector<std::string>{"a", "b"};
  expect(*b.ask("GET", "/api/session/list"), 200,
         R"({"success":true,"count":2,"sessions":["a","b"],"data":["a","b"],
             "timestamp":"2026-01-31T12:34:56.789Z"})");
  b.sandbox->sessions = testing::failure_of_code(error_code::unavailable, "The sandbox is being restarted");
  const auto answer = b.ask("GET", "/api/session/list");
  EXPECT_EQ(answer->sent.at(0).status, 503);
  EXPECT_EQ(answer->sent.at(0).headers.at(1), (std::pair<std::string, std::string>{"Retry-After", "1"}));
}

/// HTTP.md 4.2
TEST(session_delete, answers_each_case) {
  bench b;
  expect(*b.ask("POST", "/api/session/delete", R"({"sessionId":"s1"})"), 200,
         R"({"success":true,"sessionId":"s1","timestamp":"2026-01-31T12:34:56.789Z"})");
  EXPECT_EQ(b.sandbox->deleted, std::vector<std::string>{"s1"});

  b.sandbox->deletion = testing::failure_of_code(error_code::session_not_found);
  expect(*b.ask("POST", "/api/session/delete", R"({"sessionId":"x"})"), 500,
         R"({"code":"INTERNAL_ERROR","message":"Session 'x' not found",
             "context":{"sessionId":"x","originalError":"Session not found"},"httpStatus":500,
             "timestamp":"2026-01-31T12:34:56.789Z","error":"Session 'x' not found"})");

  for (const char* body : {"{}", R"({"sessionId":""})", R"({"sessionId":null})"}) {
    const auto answer = b.ask("POST", "/api/session/delete", body);
    EXPECT_EQ(answer->sent.at(0).status, 400) << body;
    EXPECT_EQ(json_of(*answer)["message"], "sessionId is required") << body;
  }
  const auto answer = b.ask("POST", "/api/session/delete", "nonsense");
  EXPECT_EQ(answer->sent.at(0).status, 400);
  EXPECT_EQ(json_of(*answer)["message"], "Invalid request body");
  EXPECT_EQ(json_of(*b.ask("POST", "/api/session/delete", R"({"sessionId":" "})"))["message"],
            "Session ID must not be blank");
}

} // namespace
} // namespace sandboxd::http
