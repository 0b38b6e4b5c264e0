#include "tests/http/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sandboxd::http {
namespace {

using actors::command_outcome;
using actors::error_code;
using actors::if_missing;
using actors::run_mode;
using nlohmann::json;
using std::chrono::milliseconds;
using testing::bench;
using testing::json_of;
using testing::outcome;
using testing::recording_responder;

using ending = command_outcome::ending;

/// Asks to run a command whose end is told at once.
std::shared_ptr<recording_responder> run(bench& b, const char* body, const command_outcome& end,
                                         const char* path = "/api/execute") {
  b.sandbox->on_execute = [&](actors::observer_handle& observer) { observer.finished(end); };
  return b.ask("POST", path, body);
}

std::shared_ptr<recording_responder> fail(bench& b, const char* body, const actors::failure& reason) {
  b.sandbox->on_execute = [&](actors::observer_handle& observer) { observer.failed(reason); };
  return b.ask("POST", "/api/execute", body);
}

void expect(const recording_responder& answer, int status, std::string_view body) {
  ASSERT_EQ(answer.sent.size(), 1u);
  EXPECT_EQ(answer.sent[0].status, status);
  EXPECT_EQ(json_of(answer), json::parse(body)) << answer.sent[0].body;
}

// ---- what is asked of the actors

struct routing {
  const char* path;
  const char* body;
  run_mode mode;
  const char* session;
  if_missing missing;
};

TEST(execute, asks_for_the_right_session_and_mode) {
  const routing routings[] = {
      {"/api/execute", R"({"id":"s1","command":"c"})", run_mode::foreground, "s1", if_missing::refuse},
      {"/api/execute", R"({"id":"sandbox-x","command":"c"})", run_mode::foreground, "sandbox-x",
       if_missing::create},
      {"/api/execute/stream", R"({"id":"s1","command":"c"})", run_mode::foreground, "s1", if_missing::refuse},
      {"/api/execute", R"({"command":"c","sessionId":"s1"})", run_mode::foreground, "s1", if_missing::create},
      {"/api/execute/stream", R"({"command":"c","sessionId":"s1"})", run_mode::forked, "s1",
       if_missing::create},
      {"/api/execute", R"({"command":"c"})", run_mode::foreground, "default", if_missing::create},
      {"/api/execute", R"({"command":"c","sessionId":""})", run_mode::foreground, "default",
       if_missing::create},
      {"/api/execute", R"({"command":"c","sessionId":null})", run_mode::foreground, "default",
       if_missing::create},
      {"/api/execute", R"({"command":"c","sessionId":"__DISABLE_SESSION__"})", run_mode::sessionless,
       "__DISABLE_SESSION__", if_missing::create},
      {"/api/execute/stream", R"({"command":"c","sessionId":"__DISABLE_SESSION__"})", run_mode::sessionless,
       "__DISABLE_SESSION__", if_missing::create},
      {"/api/execute?session=__DISABLE_SESSION__", R"({"command":"c"})", run_mode::sessionless,
       "__DISABLE_SESSION__", if_missing::create},
  };
  for (const routing& r : routings) {
    bench b;
    b.ask("POST", r.path, r.body);
    ASSERT_EQ(b.sandbox->commands.size(), 1u) << r.body;
    const auto& asked = b.sandbox->commands[0];
    EXPECT_EQ(asked.mode, r.mode) << r.path << r.body;
    EXPECT_EQ(asked.session, r.session) << r.body;
    EXPECT_EQ(asked.missing, r.missing) << r.body;
    EXPECT_EQ(asked.command, "c");
    EXPECT_EQ(asked.request_id, "r1");
  }
}

/// HTTP.md 1.2: bearer token, header, query; the body wins.
TEST(execute, finds_the_session_outside_of_the_body) {
  struct place {
    const char* path;
    header_list headers;
    const char* body;
    const char* session;
  };
  const place places[] = {
      {"/api/execute", {{"authorization", "Bearer tok"}, {"X-Session-Id", "h"}}, R"({"command":"c"})", "tok"},
      {"/api/execute?session=q", {{"X-Session-Id", "h"}}, R"({"command":"c"})", "h"},
      {"/api/execute?session=q%201&sessionId=r", {}, R"({"command":"c"})", "q 1"},
      {"/api/execute?sessionId=r", {{"Authorization", "Basic x"}}, R"({"command":"c"})", "r"},
      {"/api/execute?sessionId=r", {{"X-Session-Id", "h"}}, R"({"command":"c","sessionId":"body"})", "body"},
      {"/api/execute", {{"Authorization", "Bearer "}}, R"({"command":"c"})", "default"},
  };
  for (const place& p : places) {
    bench b;
    b.ask("POST", p.path, p.body, p.headers);
    ASSERT_EQ(b.sandbox->commands.size(), 1u) << p.path;
    EXPECT_EQ(b.sandbox->commands[0].session, p.session) << p.path;
  }
}

TEST(execute, passes_environment_directory_and_limit_on) {
  bench b;
  b.ask(
      "POST", "/api/execute",
      R"({"command":"c","sessionId":"s","timeoutMs":300,"env":{"A":"1","N":null},"cwd":"/tmp","origin":"user"})");
  const auto& asked = b.sandbox->commands.at(0);
  EXPECT_EQ(asked.env, (actors::environment{{"A", "1"}}));
  EXPECT_EQ(asked.cwd, "/tmp");
  EXPECT_EQ(asked.timeout, milliseconds(300));
}

/// HTTP.md 4.5, row "Source": who runs the command knows the setting in force
TEST(execute, passes_the_limit_of_the_request_on) {
  struct choice {
    const char* body;
    std::optional<milliseconds> limit;
  };
  for (const choice& c :
       {choice{R"({"command":"c","sessionId":"s"})", std::nullopt},
        choice{R"({"command":"c","sessionId":"s","timeoutMs":0})", milliseconds(0)},
        choice{R"({"command":"c","sessionId":"s","timeoutMs":null})", std::nullopt},
        choice{R"({"command":"c","sessionId":"__DISABLE_SESSION__"})", std::nullopt},
        choice{R"({"command":"c","sessionId":"__DISABLE_SESSION__","timeoutMs":5})", milliseconds(5)},
        choice{R"({"id":"s","command":"c"})", std::nullopt}}) {
    bench b;
    b.ask("POST", "/api/execute", c.body);
    EXPECT_EQ(b.sandbox->commands.at(0).timeout, c.limit) << c.body;
  }
}

TEST(execute, requires_a_command) {
  for (const char* path : {"/api/execute", "/api/execute/stream"}) {
    for (const char* body : {R"({"sessionId":"s"})", R"({"sessionId":"s","command":null})"}) {
      bench b;
      const auto answer = b.ask("POST", path, body);
      EXPECT_EQ(answer->sent.at(0).status, 400);
      EXPECT_EQ(json_of(*answer)["code"], "INVALID_COMMAND");
      EXPECT_EQ(json_of(*answer)["context"], json::object()); // HTTP.md 3.2
      EXPECT_TRUE(b.sandbox->commands.empty());
    }
    // HTTP.md 4.3, column A
    for (const char* body : {R"({"id":"s"})", R"({"id":"s","command":""})", R"({"id":"","command":"c"})",
                             R"({"id":null,"command":"c"})"}) {
      bench b;
      const auto answer = b.ask("POST", path, body);
      EXPECT_EQ(answer->sent.at(0).status, 400) << body;
      EXPECT_EQ(json_of(*answer)["error"], "Session ID and command are required") << body;
    }
  }
}

/// HTTP.md 4.3 and 4.6: an empty command runs, but cannot be streamed.
TEST(execute, takes_an_empty_command_in_b) {
  bench b;
  b.ask("POST", "/api/execute", R"({"command":"","sessionId":"s"})");
  EXPECT_EQ(b.sandbox->commands.size(), 1u);
  for (const char* body : {R"({"command":"","sessionId":"s"})", R"({"command":" \n\t","sessionId":"s"})"}) {
    const auto answer = b.ask("POST", "/api/execute/stream", body);
    EXPECT_EQ(answer->sent.at(0).status, 400);
    EXPECT_EQ(json_of(*answer)["code"], "INVALID_COMMAND");
    EXPECT_EQ(json_of(*answer)["message"], "Invalid command: empty command provided");
  }
  EXPECT_EQ(b.sandbox->commands.size(), 1u);
}

/// HTTP.md 4.3 and 4.6, column A: the command must not be empty, and that is all.
TEST(execute, streams_a_blank_command_in_a) {
  bench b;
  b.ask("POST", "/api/execute/stream", R"({"id":"s","command":" "})");
  EXPECT_EQ(b.sandbox->commands.size(), 1u);
}

TEST(execute, refuses_a_blank_session_and_too_long_a_command) {
  bench b;
  auto answer = b.ask("POST", "/api/execute", R"({"command":"c","sessionId":"  "})");
  EXPECT_EQ(json_of(*answer)["context"]["validationErrors"][0]["field"], "sessionId");
  config::settings settings;
  settings.session.max_command_bytes = 3;
  bench small(settings);
  answer = small.ask("POST", "/api/execute", R"({"command":"1234","sessionId":"s"})");
  EXPECT_EQ(answer->sent.at(0).status, 400);
  EXPECT_EQ(json_of(*answer)["message"], "command is longer than 3 bytes");
}

TEST(execute, refuses_a_variable_that_no_program_can_be_started_with_outside_of_sessions_only) {
  const std::string big(131'072, 'x');
  for (const char* path : {"/api/execute", "/api/execute/stream"}) {
    bench b;
    const auto answer = b.ask(
        "POST", path, R"({"command":"c","sessionId":"__DISABLE_SESSION__","env":{"BIG":")" + big + "\"}}");
    EXPECT_EQ(answer->sent.at(0).status, 400);
    EXPECT_EQ(json_of(*answer)["code"], "VALIDATION_FAILED");
    EXPECT_EQ(json_of(*answer)["context"]["validationErrors"][0]["field"], "env.BIG");
    EXPECT_TRUE(b.sandbox->commands.empty());

    b.ask("POST", path, R"({"command":"c","sessionId":"s","env":{"BIG":")" + big + "\"}}");
    EXPECT_EQ(b.sandbox->commands.size(), 1u) << "a shell sets it";
  }
}

// ---- unary answers (Appendix A of HTTP.md)

TEST(execute, answers_in_a) {
  bench b;
  expect(*run(b, R"json({"id":"s1","command":"echo hi; echo err >&2; (exit 3)"})json",
              outcome(ending::exited, 3, "hi\n", "err\n")),
         200,
         R"json({"success":false,"exitCode":3,"stdout":"hi\n","stderr":"err\n",
             "command":"echo hi; echo err >&2; (exit 3)","duration":12,"timestamp":"2026-01-31T12:34:56.789Z"})json");
}

TEST(execute, answers_in_b) {
  bench b;
  expect(
      *run(b, R"json({"command":"echo hi; echo err >&2; (exit 3)","sessionId":"s1"})json",
           outcome(ending::exited, 3, "hi\n", "err\n")),
      200,
      R"json({"success":false,"exitCode":3,"stdout":"hi","stderr":"err","command":"echo hi; echo err >&2; (exit 3)",
             "duration":0,"timestamp":"2026-01-31T12:34:56.789Z","sessionId":"s1"})json");
  expect(*run(b, R"({"command":"true"})", outcome(ending::exited, 0)), 200,
         R"({"success":true,"exitCode":0,"stdout":"","stderr":"","command":"true","duration":0,
             "timestamp":"2026-01-31T12:34:56.789Z"})");
}

/// HTTP.md 4.4, row "stdout/stderr bytes"
TEST(execute, keeps_output_as_the_dialect_wants) {
  using namespace std::string_view_literals;
  struct bytes {
    std::string_view raw;
    const char* in_b_session;
    const char* elsewhere;
  };
  for (const bytes& c :
       {bytes{"hi\n", "hi", "hi\n"}, bytes{"a\n\n\n", "a\n\n", "a\n\n\n"}, bytes{"z", "z", "z"},
        bytes{"\n", "", "\n"}, bytes{"", "", ""}, bytes{"a\r\n", "a\r", "a\r\n"}}) {
    for (const char* body : {R"({"command":"c","sessionId":"s"})", R"({"id":"s","command":"c"})",
                             R"({"command":"c","sessionId":"__DISABLE_SESSION__"})"}) {
      bench b;
      const auto answer = json_of(*run(b, body, outcome(ending::exited, 0, c.raw, c.raw)));
      const bool in_b_session = std::string(body).find("\"s\"") != std::string::npos && body[2] == 'c';
      EXPECT_EQ(answer["stdout"], in_b_session ? c.in_b_session : c.elsewhere) << body;
      EXPECT_EQ(answer["stderr"], in_b_session ? c.in_b_session : c.elsewhere) << body;
    }
  }
  bench b;
  const auto answer =
      run(b, R"({"command":"c","sessionId":"s"})", outcome(ending::exited, 0, "\0\xff\xc3"sv));
  EXPECT_NE(answer->sent[0].body.find("\"stdout\":\"\\u0000\ufffd\ufffd\""), std::string::npos)
      << answer->sent[0].body;
}

TEST(execute, answers_an_ended_shell) {
  bench b;
  const auto terminated =
      run(b, R"({"command":"exit 7","sessionId":"s1"})", outcome(ending::shell_ended, 7, "x\n"));
  EXPECT_EQ(terminated->sent.at(0).status, 410);
  const auto body = json_of(*terminated);
  EXPECT_EQ(body["code"], "SESSION_TERMINATED");
  EXPECT_EQ(body["message"], "Session 's1' shell exited (exit code: 7)");
  EXPECT_EQ(body["context"], json::parse(R"({"sessionId":"s1","exitCode":7})"));
  EXPECT_EQ(body["httpStatus"], 410);

  bench a;
  expect(*run(a, R"({"id":"s1","command":"exit 7"})", outcome(ending::shell_ended, 7, "x\n")), 200,
         R"({"success":false,"exitCode":7,"stdout":"x\n","stderr":"","command":"exit 7","duration":12,
             "timestamp":"2026-01-31T12:34:56.789Z"})");
}

TEST(execute, answers_a_timeout) {
  command_outcome end = outcome(ending::timed_out, 124, "so far\n");
  end.timeout = milliseconds(300);

  bench b;
  expect(*run(b, R"({"command":"sleep 3","sessionId":"s1","timeoutMs":300})", end), 422,
         R"({"code":"COMMAND_EXECUTION_ERROR",
             "message":"Failed to execute command 'sleep 3' in session 's1': Command timeout after 300ms",
             "context":{"command":"sleep 3","stderr":"Command timeout after 300ms"},"httpStatus":500,
             "timestamp":"2026-01-31T12:34:56.789Z","error":"Command execution failed"})");

  bench a;
  const auto in_a = run(a, R"({"id":"s1","command":"sleep 3"})", end);
  EXPECT_EQ(in_a->sent.at(0).status, 422);
  EXPECT_EQ(json_of(*in_a)["error"], "Command execution failed");
  EXPECT_EQ(json_of(*in_a)["message"], "Command timeout: sleep 3");
  EXPECT_EQ(json_of(*in_a)["httpStatus"], 500);

  bench sessionless;
  const char* body = R"({"command":"sleep 3","sessionId":"__DISABLE_SESSION__","timeoutMs":300})";
  expect(*run(sessionless, body, end), 200,
         R"({"success":false,"exitCode":124,"stdout":"so far\n","stderr":"Command timed out after 300ms",
             "command":"sleep 3","duration":0,"timestamp":"2026-01-31T12:34:56.789Z",
             "sessionId":"__DISABLE_SESSION__"})");
  end.err = testing::captured("e");
  EXPECT_EQ(json_of(*run(sessionless, body, end))["stderr"], "e\nCommand timed out after 300ms");
  end.err = testing::captured("e\n");
  EXPECT_EQ(json_of(*run(sessionless, body, end))["stderr"], "e\nCommand timed out after 300ms");
}

TEST(execute, answers_an_unknown_session_in_a) {
  bench b;
  b.sandbox->sessions = std::vector<std::string>{"s1", "s2"};
  const auto answer =
      fail(b, R"({"id":"x","command":"c"})", testing::failure_of_code(error_code::session_not_found));
  expect(*answer, 404,
         R"({"code":"INTERNAL_ERROR","message":"Session 'x' not found",
             "context":{"sessionId":"x","originalError":"Session not found"},"httpStatus":404,
             "timestamp":"2026-01-31T12:34:56.789Z","error":"Session 'x' not found",
             "availableSessions":["s1","s2"]})");
  b.sandbox->sessions = testing::failure_of_code(error_code::unavailable);
  EXPECT_FALSE(json_of(*fail(b, R"({"id":"x","command":"c"})",
                             testing::failure_of_code(error_code::session_not_found)))
                   .contains("availableSessions"))
      << "an unknown list is not an empty one";
}

TEST(execute, answers_each_failure_of_the_actors) {
  for (int value = 1; value <= static_cast<int>(actors::last_error_code); ++value) {
    for (const char* body : {R"({"command":"c","sessionId":"s"})", R"({"id":"s","command":"c"})"}) {
      bench b;
      const auto answer = fail(b, body, testing::failure_of_code(static_cast<error_code>(value), "why"));
      ASSERT_EQ(answer->sent.size(), 1u) << value;
      EXPECT_GE(answer->sent[0].status, 400) << value;
      EXPECT_TRUE(json_of(*answer).contains("error")) << value;
    }
  }
}

TEST(execute, answers_when_the_actor_dies_with_the_request) {
  bench b;
  const auto answer = b.ask("POST", "/api/execute", R"({"command":"c","sessionId":"s"})");
  EXPECT_TRUE(answer->sent.empty());
  b.sandbox->observers.clear();
  ASSERT_EQ(answer->sent.size(), 1u);
  EXPECT_EQ(answer->sent[0].status, 500);
  EXPECT_EQ(json_of(*answer)["code"], "INTERNAL_ERROR");
}

// ---- large results

TEST(execute, streams_a_large_result_piece_by_piece) {
  config::settings settings;
  settings.http.stream_window_bytes = 100'000;
  bench b(settings);
  std::string output;
  while (output.size() < 3'000'000)
    output += "line é of output \"quoted\"\n";
  launcher::capture_limits spills;
  spills.memory_bytes = 500'000;
  command_outcome end = outcome(ending::exited, 0, "", "warned\n");
  end.out = testing::captured(output, spills);
  const auto answer = run(b, R"({"command":"c","sessionId":"s"})", end);
  EXPECT_TRUE(answer->sent.empty());
  EXPECT_EQ(answer->stream_status, 200);
  EXPECT_EQ(answer->stream_headers, (header_list{{"Content-Type", "application/json"}}));
  answer->opened->drain_all();
  EXPECT_TRUE(answer->opened->finished);
  EXPECT_LE(answer->opened->most_undrained, 100'000u);
  const auto body = json::parse(answer->opened->body);
  EXPECT_EQ(body["stdout"], output.substr(0, output.size() - 1));
  EXPECT_EQ(body["stderr"], "warned");
  EXPECT_EQ(body["exitCode"], 0);
  EXPECT_FALSE(body.contains("stdoutTruncated"));
}

TEST(execute, marks_what_was_cut) {
  bench b;
  launcher::capture_limits limits;
  limits.memory_bytes = limits.max_bytes = 5;
  command_outcome end = outcome(ending::exited, 0);
  end.out = testing::captured("abcd\nfgh", limits);
  const auto body = json_of(*run(b, R"({"command":"c","sessionId":"s"})", end));
  EXPECT_EQ(body["stdout"], "abcd\n\n[output truncated: 3 bytes dropped]");
  EXPECT_EQ(body["stdoutTruncated"], true);
  EXPECT_FALSE(body.contains("stderrTruncated"));
}

} // namespace
} // namespace sandboxd::http
