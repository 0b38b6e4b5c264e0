#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::error_code;
using actors::language;
using nlohmann::json;
using testing::bench;
using ::testing::ElementsAre;
using testing::fixed_time;
using testing::fixed_timestamp;
using ::testing::HasSubstr;
using testing::in_dialect;
using ::testing::IsEmpty;
using testing::json_of;

const std::string* header_of(const response& sent, std::string_view name) {
  const auto found = std::ranges::find_if(sent.headers, [&](const auto& one) { return one.first == name; });
  return found == sent.headers.end() ? nullptr : &found->second;
}

class code_routes : public ::testing::Test {
protected:
  bench a{in_dialect(config::http_dialect::a)};
  bench b{in_dialect(config::http_dialect::b)};

  static actors::context_record record() {
    actors::context_record context;
    context.id = "c-1";
    context.spoken = language::javascript;
    context.directory = "/w";
    context.created_at = std::chrono::system_clock::time_point(std::chrono::seconds(1));
    context.last_used = std::chrono::system_clock::time_point(fixed_time);
    return context;
  }
  static json record_in_both_dialects() {
    return {{"id", "c-1"},
            {"contextId", "c-1"},
            {"language", "javascript"},
            {"cwd", "/w"},
            {"createdAt", "1970-01-01T00:00:01.000Z"},
            {"lastUsed", fixed_timestamp}};
  }
  const actors::context_options& create(const std::string& body) {
    const auto got = b.ask("POST", "/api/contexts", body);
    EXPECT_EQ(got->sent.at(0).status, 200) << got->sent.at(0).body;
    return b.code->created.back();
  }
  /// The fields that are complained of.
  std::vector<std::string> complaints(const std::string& path, const std::string& body) {
    const auto got = b.ask("POST", path, body);
    EXPECT_EQ(got->sent.at(0).status, 400) << body;
    const auto told = json_of(*got);
    EXPECT_EQ(told["code"], "VALIDATION_FAILED");
    std::vector<std::string> fields;
    for (const auto& one : told["context"]["validationErrors"])
      fields.push_back(one["field"]);
    return fields;
  }
};

TEST_F(code_routes, read_how_a_context_is_to_be) {
  const auto& full = create(R"({"language":"JavaScript","cwd":"/w","env_vars":{"A":"1","B":null},
      "envVars":{"C":"2"},"variables":{"x":[1,"\u00e9"]},"timeout_ms":1500.2})");
  EXPECT_EQ(full.spoken, language::javascript);
  EXPECT_EQ(full.directory, "/w");
  EXPECT_EQ(full.environment,
            (std::vector<actors::environment_change>{{"A", std::string("1")}, {"C", std::string("2")}}));
  EXPECT_EQ(full.variables, R"({"x":[1,"\u00e9"]})");
  EXPECT_EQ(full.timeout, std::chrono::milliseconds(1501));
  const auto& plain = create("{}");
  EXPECT_EQ(plain.spoken, language::python);
  EXPECT_EQ(plain.directory, "");
  EXPECT_THAT(plain.environment, IsEmpty());
  EXPECT_EQ(plain.variables, "{}");
  EXPECT_FALSE(plain.timeout);
  EXPECT_EQ(create(R"({"language":"python","timeout_ms":0})").timeout, std::chrono::milliseconds(0));
}

/// HTTP.md 9.1
TEST_F(code_routes, know_languages_by_all_their_names) {
  for (const auto& [name, meant] : std::vector<std::pair<std::string, language>>{
           {"python", language::python},
           {"Python3", language::python},
           {"javascript", language::javascript},
           {"JS", language::javascript},
           {"node", language::javascript},
           {"typescript", language::typescript},
           {"ts", language::typescript},
           {"ruby", language::python},
           {"", language::python},
       })
    EXPECT_EQ(create(json{{"language", name}}.dump()).spoken, meant) << name;
}

TEST_F(code_routes, answer_with_a_context_in_both_dialects) {
  auto expected = record_in_both_dialects();
  expected["success"] = true;
  expected["timestamp"] = fixed_timestamp;
  for (bench* server : {&a, &b}) {
    server->code->made = record();
    for (const auto* path : {"/api/contexts", "/api/contexts/c-1/interrupt", "/api/contexts/c-1/restart"}) {
      const auto got = server->ask("POST", path, "{}");
      EXPECT_EQ(got->sent.at(0).status, 200);
      EXPECT_EQ(json_of(*got), expected) << path;
    }
    EXPECT_THAT(server->code->calls, ElementsAre("interrupt c-1", "restart c-1"));
  }
}

TEST_F(code_routes, list_contexts) {
  for (bench* server : {&a, &b}) {
    EXPECT_EQ(json_of(*server->ask("GET", "/api/contexts")),
              (json{{"success", true}, {"contexts", json::array()}, {"timestamp", fixed_timestamp}}));
    server->code->contexts = {record(), record()};
    server->code->contexts[1].id = "c-2";
    auto second = record_in_both_dialects();
    second["id"] = second["contextId"] = "c-2";
    EXPECT_EQ(json_of(*server->ask("GET", "/api/contexts", "", {{"Content-Type", "application/json"}})),
              (json{{"success", true},
                    {"contexts", {record_in_both_dialects(), second}},
                    {"timestamp", fixed_timestamp}}));
  }
}

TEST_F(code_routes, delete_contexts) {
  const auto got = b.ask("DELETE", "/api/contexts/a%20b");
  EXPECT_EQ(json_of(*got), (json{{"success", true}, {"contextId", "a b"}, {"timestamp", fixed_timestamp}}));
  EXPECT_THAT(b.code->calls, ElementsAre("remove a b"));
}

TEST_F(code_routes, are_no_others) {
  for (const auto& [method, path] : std::vector<std::pair<const char*, const char*>>{
           {"GET", "/api/contexts/c-1"},
           {"POST", "/api/contexts/c-1"},
           {"DELETE", "/api/contexts/c-1/interrupt"},
           {"POST", "/api/contexts/c-1/pause"},
           {"DELETE", "/api/contexts"},
           {"GET", "/api/execute/code"},
       })
    EXPECT_EQ(a.ask(method, path, "{}")->sent.at(0).status, 404) << method << ' ' << path;
  EXPECT_THAT(a.code->calls, IsEmpty());
  EXPECT_THAT(a.code->created, IsEmpty());
}

TEST_F(code_routes, refuse_contexts_that_cannot_be) {
  const std::string long_path(4097, 'x');
  const std::string large(std::size_t{128} << 10, 'x');
  for (const auto& [body, field] : std::vector<std::pair<json, std::string>>{
           {{{"language", 7}}, "language"},
           {{{"language", std::string("py\0", 3)}}, "language"},
           {{{"cwd", false}}, "cwd"},
           {{{"cwd", std::string("a\0b", 3)}}, "cwd"},
           {{{"cwd", long_path}}, "cwd"},
           {{{"env_vars", "A=1"}}, "env_vars"},
           {{{"env_vars", {{"1A", "x"}}}}, "env_vars.1A"},
           {{{"env_vars", {{"A", 1}}}}, "env_vars.A"},
           {{{"env_vars", {{"A", std::string("\0", 1)}}}}, "env_vars.A"},
           {{{"env_vars", {{"A", large}}}}, "env_vars.A"},
           {{{"envVars", {{"A", json::array()}}}}, "envVars.A"},
           {{{"variables", json::array()}}, "variables"},
           {{{"timeout_ms", "5"}}, "timeout_ms"},
           {{{"timeout_ms", -1}}, "timeout_ms"},
       })
    EXPECT_THAT(complaints("/api/contexts", body.dump()), ElementsAre(field)) << body.dump().substr(0, 100);
  EXPECT_THAT(
      complaints("/api/contexts", R"({"language":1,"cwd":2,"env_vars":3,"variables":4,"timeout_ms":"5"})"),
      ElementsAre("language", "cwd", "env_vars", "timeout_ms", "variables"));
  EXPECT_THAT(complaints("/api/contexts", "[]"), ElementsAre("body"));
  EXPECT_EQ(b.ask("POST", "/api/contexts", "{")->sent.at(0).status, 400);
  EXPECT_THAT(b.code->created, IsEmpty());
}

TEST_F(code_routes, refuse_runs_that_cannot_be) {
  for (const auto& [body, field] : std::vector<std::pair<json, std::string>>{
           {{{"context_id", "c"}}, "code"},
           {{{"context_id", "c"}, {"code", nullptr}}, "code"},
           {{{"context_id", "c"}, {"code", 7}}, "code"},
           {{{"context_id", "c"}, {"code", ""}, {"language", 7}}, "language"},
           {{{"context_id", "c"}, {"code", ""}, {"timeout_ms", "x"}}, "timeout_ms"},
           {{{"context_id", "c"}, {"code", ""}, {"env_vars", 7}}, "env_vars"},
           {{{"context_id", "c"}, {"code", ""}, {"env_vars", {{"A-B", "x"}}}}, "env_vars.A-B"},
       }) {
    EXPECT_THAT(complaints("/api/execute/code", body.dump()), ElementsAre(field)) << body;
  }
  EXPECT_THAT(complaints("/api/execute/code", R"({"code":1,"language":2,"timeout_ms":"3","env_vars":4})"),
              ElementsAre("code", "language", "timeout_ms", "env_vars"));
  EXPECT_THAT(complaints("/api/execute/code", "7"), ElementsAre("body"));
  EXPECT_THAT(b.code->runs, IsEmpty());
}

TEST_F(code_routes, read_what_is_to_be_run) {
  b.ask(
      "POST", "/api/execute/code",
      R"({"context_id":"c-1","code":"a\u0000b","language":"ts","timeout_ms":20,"env_vars":{"A":"1","B":null}})");
  const auto& full = b.code->runs.back();
  EXPECT_EQ(full.context, "c-1");
  EXPECT_EQ(full.code, std::string("a\0b", 3));
  EXPECT_EQ(full.spoken, language::typescript);
  EXPECT_EQ(full.timeout, std::chrono::milliseconds(20));
  EXPECT_EQ(full.environment, (std::vector<actors::environment_change>{{"A", std::string("1")}}));
  EXPECT_EQ(full.request_id, "r1");
  b.ask("POST", "/api/execute/code", R"({"context_id":"c-1","code":""})");
  const auto& plain = b.code->runs.back();
  EXPECT_EQ(plain.code, "");
  EXPECT_FALSE(plain.spoken);
  EXPECT_FALSE(plain.timeout);
}

/// HTTP.md 9.4: whatever is no id is not found.
TEST_F(code_routes, ask_for_whatever_the_context_is_said_to_be) {
  for (const auto& [body, id] : std::vector<std::pair<const char*, const char*>>{
           {R"({"code":""})", "undefined"},
           {R"({"code":"","context_id":null})", "undefined"},
           {R"({"code":"","context_id":7})", "7"},
           {R"({"code":"","context_id":{"a":1}})", R"({"a":1})"},
       }) {
    b.ask("POST", "/api/execute/code", body);
    EXPECT_EQ(b.code->runs.back().context, id);
  }
}

TEST_F(code_routes, tell_how_the_executors_fare) {
  const auto health = [this] { return json_of(*b.ask("GET", "/api/interpreter/health")); };
  EXPECT_EQ(health()["status"], "unhealthy") << "nobody knows of any";
  b.code->pools = {{language::python, 1, 2, 3, 4, "closed", {}, ""},
                   {language::typescript, 0, 0, 0, 0, "closed", {}, ""}};
  EXPECT_EQ(health(), (json{{"success", true},
                            {"status", "healthy"},
                            {"languages",
                             {{"python",
                               {{"idle", 1},
                                {"starting", 2},
                                {"inUse", 3},
                                {"waiting", 4},
                                {"circuit", "closed"},
                                {"retryAfterMs", 0}}},
                              {"typescript",
                               {{"idle", 0},
                                {"starting", 0},
                                {"inUse", 0},
                                {"waiting", 0},
                                {"circuit", "closed"},
                                {"retryAfterMs", 0}}}}},
                            {"timestamp", fixed_timestamp}}));
  b.code->pools[1].circuit = "open";
  b.code->pools[1].retry_after = std::chrono::milliseconds(1500);
  EXPECT_EQ(health()["status"], "unhealthy");
  EXPECT_EQ(health()["languages"]["typescript"]["retryAfterMs"], 1500);
  b.code->pools[1] = {language::typescript, 0, 0, 0, 0, "closed", {}, "no node"};
  EXPECT_EQ(health()["status"], "unhealthy");
  EXPECT_EQ(health()["languages"]["typescript"]["problem"], "no node");
}

// ---- errors that are whole answers

class code_errors : public code_routes {
protected:
  enum class request : std::uint8_t { create, remove, interrupt, restart, run };

  /// Asks for it; it fails for this reason.
  static std::shared_ptr<testing::recording_responder> ask(bench& server, request wanted,
                                                           const actors::failure& reason) {
    server.code->problem = reason;
    switch (wanted) {
    case request::create:
      return server.ask("POST", "/api/contexts", "{}");
    case request::remove:
      return server.ask("DELETE", "/api/contexts/x");
    case request::interrupt:
      return server.ask("POST", "/api/contexts/x/interrupt");
    case request::restart:
      return server.ask("POST", "/api/contexts/x/restart");
    case request::run:
      break;
    }
    auto answer = server.ask("POST", "/api/execute/code", R"({"context_id":"x","code":"1"})");
    server.code->observers.back()->tell_end([&](actors::run_observer& observer) { observer.failed(reason); });
    EXPECT_FALSE(answer->opened);
    return answer;
  }
};

/// HTTP.md 9.1, 9.4
TEST_F(code_errors, name_a_context_that_is_not_there) {
  const actors::failure reason(error_code::context_not_found, "Code context 'x' not found");
  for (const auto wanted : {request::remove, request::interrupt, request::restart, request::run}) {
    const auto in_a = ask(a, wanted, reason);
    EXPECT_EQ(in_a->sent.at(0).status, 404);
    EXPECT_EQ(json_of(*in_a)["error"], "Context x not found");
    const auto in_b = ask(b, wanted, reason);
    ASSERT_EQ(in_b->sent.size(), 1u);
    EXPECT_EQ(in_b->sent[0].status, 404);
    const auto body = json_of(*in_b);
    EXPECT_EQ(body["code"], "CONTEXT_NOT_FOUND");
    EXPECT_EQ(body["httpStatus"], 404);
    EXPECT_EQ(body["context"], (json{{"contextId", "x"}}));
    EXPECT_EQ(body["suggestion"],
              "Context \"x\" does not exist. Create a context first using createContext()");
    if (wanted == request::run) {
      EXPECT_EQ(body["error"], "Context x not found");
      EXPECT_EQ(body["message"], "Context x not found");
      EXPECT_EQ(body["details"], (json{{"contextId", "x"}}));
    } else {
      EXPECT_EQ(body["message"], "Code context 'x' not found");
      EXPECT_FALSE(body.contains("details"));
    }
  }
}

/// HTTP.md 9.1, 3.1, 1.6: both generations of clients try again.
TEST_F(code_errors, let_clients_try_again_what_is_not_ready) {
  actors::failure reason(error_code::interpreter_not_ready, "Code interpreter is starting up");
  reason.retry_after = 7;
  for (const auto wanted : {request::create, request::restart, request::run})
    for (bench* server : {&a, &b}) {
      const auto got = ask(*server, wanted, reason);
      ASSERT_EQ(got->sent.size(), 1u);
      EXPECT_EQ(got->sent[0].status, 503);
      ASSERT_NE(header_of(got->sent[0], "Retry-After"), nullptr);
      EXPECT_EQ(*header_of(got->sent[0], "Retry-After"), "7");
      const auto body = json_of(*got);
      EXPECT_EQ(body["error"], "Code interpreter is starting up");
      EXPECT_EQ(body["status"], "initializing");
      EXPECT_TRUE(body["progress"].is_number());
      EXPECT_EQ(body["code"], "INTERPRETER_NOT_READY");
      EXPECT_EQ(body["context"], (json{{"progress", body["progress"]}, {"retryAfter", 7}}));
      EXPECT_EQ(body["suggestion"], "Code interpreter is starting up. Retry after 7 seconds");
    }
}

/// HTTP.md 9.1: `Retry-After: retryAfter or 5`
TEST_F(code_errors, say_when_to_try_again_even_if_nobody_knows) {
  actors::failure reason(error_code::interpreter_not_ready, "starting");
  reason.detail = "by signal 9";
  const auto got = ask(b, request::create, reason);
  ASSERT_NE(header_of(got->sent.at(0), "Retry-After"), nullptr);
  EXPECT_EQ(*header_of(got->sent[0], "Retry-After"), "5");
  EXPECT_EQ(json_of(*got)["context"]["reason"], "by signal 9") << "where it is known";
}

/// HTTP.md 9.1
TEST_F(code_errors, tell_of_an_open_circuit) {
  actors::failure reason(error_code::circuit_open,
                         "Service temporarily unavailable due to high error rate. Please try again later.");
  reason.retry_after = 12;
  reason.detail = "too many python executors were lost";
  for (const auto wanted : {request::create, request::restart, request::run})
    for (bench* server : {&a, &b}) {
      const auto got = ask(*server, wanted, reason);
      EXPECT_EQ(got->sent.at(0).status, 503);
      ASSERT_NE(header_of(got->sent[0], "Retry-After"), nullptr);
      EXPECT_EQ(*header_of(got->sent[0], "Retry-After"), "12");
      const auto body = json_of(*got);
      EXPECT_EQ(body["error"], reason.message);
      EXPECT_EQ(body["message"], reason.message);
      EXPECT_EQ(body["status"], "circuit_open");
      EXPECT_EQ(body["details"], reason.detail);
      EXPECT_EQ(body["code"], "INTERPRETER_NOT_READY");
    }
}

TEST_F(code_errors, tell_of_interpreters_that_are_not_there) {
  actors::failure python(error_code::python_not_available, "Python interpreter not available");
  actors::failure node(error_code::javascript_not_available, "JavaScript runtime not available");
  python.detail = node.detail = "it ended with exit code 127";
  for (const auto wanted : {request::create, request::run}) {
    const auto in_python = ask(b, wanted, python);
    EXPECT_EQ(in_python->sent.at(0).status, 501);
    EXPECT_EQ(json_of(*in_python)["code"], "PYTHON_NOT_AVAILABLE");
    EXPECT_THAT(json_of(*in_python)["message"].get<std::string>(),
                HasSubstr("Python interpreter not available"));
    EXPECT_THAT(json_of(*in_python)["message"].get<std::string>(), HasSubstr("-python"))
        << "the image that has one (HTTP.md 9.1)";
    EXPECT_THAT(json_of(*in_python)["error"].get<std::string>(),
                HasSubstr("Python interpreter not available"));
    EXPECT_EQ(json_of(*in_python)["context"], (json{{"originalError", "it ended with exit code 127"}}));
    EXPECT_EQ(header_of(in_python->sent[0], "Retry-After"), nullptr);
    const auto in_node = ask(b, wanted, node);
    EXPECT_EQ(in_node->sent.at(0).status, 501);
    EXPECT_EQ(json_of(*in_node)["code"], "JAVASCRIPT_NOT_AVAILABLE");
    EXPECT_THAT(json_of(*in_node)["message"].get<std::string>(),
                HasSubstr("JavaScript runtime not available"));
  }
}

/// HTTP.md 9.1, 9.2
TEST_F(code_errors, say_what_could_not_be_done) {
  const actors::failure full(error_code::context_creation_failed,
                             "Maximum python executor limit reached (2). Cannot create new executor.");
  for (bench* server : {&a, &b}) {
    const auto got = ask(*server, request::create, full);
    EXPECT_EQ(got->sent.at(0).status, 500);
    EXPECT_EQ(json_of(*got)["code"], "INTERNAL_ERROR");
    for (const auto* member : {"message", "error"})
      EXPECT_EQ(json_of(*got)[member],
                "Failed to create code context: Maximum python executor limit reached (2). Cannot create new "
                "executor.");
  }
  const actors::failure other(error_code::code_execution_error,
                              "Context 'x' was created for python, cannot execute javascript code");
  const auto got = json_of(*ask(b, request::run, other));
  EXPECT_EQ(got["code"], "CODE_EXECUTION_ERROR");
  EXPECT_EQ(got["httpStatus"], 500);
  EXPECT_EQ(got["message"], "Failed to execute code in context 'x': Context 'x' was created for python, "
                            "cannot execute javascript code");
  EXPECT_EQ(got["context"], (json{{"contextId", "x"}}));
  EXPECT_EQ(got["details"], got["context"]);
  const auto busy = ask(b, request::run, {error_code::too_busy, "Too many runs wait in this context"});
  EXPECT_EQ(busy->sent.at(0).status, 409);
  EXPECT_EQ(json_of(*busy)["code"], "RESOURCE_BUSY");
}

TEST_F(code_errors, answer_what_was_lost) {
  const auto got = b.ask("POST", "/api/execute/code", R"({"context_id":"x","code":"1"})");
  b.code->observers.clear();
  ASSERT_EQ(got->sent.size(), 1u);
  EXPECT_EQ(got->sent[0].status, 500);
  EXPECT_EQ(json_of(*got)["code"], "INTERNAL_ERROR");
}

} // namespace
} // namespace sandboxd::http
