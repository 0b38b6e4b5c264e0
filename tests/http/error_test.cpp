#include "actors/errors.hpp"
#include "http/error_body.hpp"
#include "http/error_table.hpp"
#include "http/failure_report.hpp"
#include "http/refusal_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace sandboxd::http {
namespace {

using actors::error_code;
using nlohmann::json;

const std::chrono::system_clock::time_point noon{std::chrono::milliseconds(1'769'862'896'789)};

actors::failure failure_with(error_code code, std::string message = {}) {
  actors::failure reason;
  reason.code = code;
  reason.message = std::move(message);
  reason.session = "s1";
  return reason;
}

json body_of(const actors::failure& reason, const failed_operation& operation) {
  return json::parse(error_body(report_failure(reason, operation), noon));
}

failed_operation command_in(dialect spoken, std::string_view command, std::string_view session) {
  failed_operation operation;
  operation.spoken = spoken;
  operation.a_text = "Command execution failed";
  operation.command = command;
  operation.session = session;
  return operation;
}

TEST(error_table, maps_every_code) {
  for (int value = 1; value <= static_cast<int>(actors::last_error_code); ++value) {
    const auto code = static_cast<error_code>(value);
    const error_entry& entry = entry_of(code);
    EXPECT_EQ(entry.code, code) << value;
    for (const int status : {entry.status, entry.status_in_a}) {
      EXPECT_GE(status, 400) << value;
      EXPECT_LE(status, 599) << value;
    }
    EXPECT_EQ(entry.status == 503, entry.retry_after_seconds > 0)
        << value << ": only a 503 is repeated, and then after a known time";
  }
}

/// HTTP.md 3.2; the statuses of dialect A from 4.3.
TEST(error_table, has_the_codes_of_the_sdk) {
  struct expectation {
    error_code code;
    const char* sdk_code;
    int status;
    int status_in_a;
  };
  const expectation expectations[] = {
      {error_code::validation_failed, "VALIDATION_FAILED", 400, 400},
      {error_code::invalid_command, "INVALID_COMMAND", 400, 400},
      {error_code::session_already_exists, "SESSION_ALREADY_EXISTS", 409, 409},
      {error_code::session_not_found, "INTERNAL_ERROR", 500, 404},
      {error_code::session_destroyed, "SESSION_DESTROYED", 410, 410},
      {error_code::session_terminated, "SESSION_TERMINATED", 410, 500},
      {error_code::command_execution_error, "COMMAND_EXECUTION_ERROR", 500, 500},
      {error_code::command_timeout, "COMMAND_EXECUTION_ERROR", 500, 500},
      {error_code::too_busy, "RESOURCE_BUSY", 409, 409},
      {error_code::unavailable, "CONTAINER_UNAVAILABLE", 503, 503},
      {error_code::internal_error, "INTERNAL_ERROR", 500, 500},
      {error_code::shutting_down, "CONTAINER_UNAVAILABLE", 503, 503},
      {error_code::file_not_found, "FILE_NOT_FOUND", 404, 404},
      {error_code::permission_denied, "PERMISSION_DENIED", 403, 403},
      {error_code::file_exists, "FILE_EXISTS", 409, 409},
      {error_code::is_directory, "IS_DIRECTORY", 400, 400},
      {error_code::not_directory, "NOT_DIRECTORY", 400, 400},
      {error_code::file_too_large, "FILE_TOO_LARGE", 413, 413},
      {error_code::no_space, "NO_SPACE", 500, 500},
      {error_code::too_many_files, "TOO_MANY_FILES", 500, 500},
      {error_code::too_many_links, "TOO_MANY_LINKS", 500, 500},
      {error_code::resource_busy, "RESOURCE_BUSY", 409, 409},
      {error_code::read_only, "READ_ONLY", 403, 403},
      {error_code::name_too_long, "NAME_TOO_LONG", 400, 400},
      {error_code::filesystem_error, "FILESYSTEM_ERROR", 500, 500},
      {error_code::process_not_found, "PROCESS_NOT_FOUND", 404, 404},
      {error_code::process_exists, "PROCESS_ERROR", 409, 500},
      {error_code::port_already_exposed, "PORT_ALREADY_EXPOSED", 409, 409},
      {error_code::port_not_exposed, "PORT_NOT_EXPOSED", 404, 404},
      {error_code::invalid_port_number, "INVALID_PORT_NUMBER", 400, 400},
      {error_code::process_input_closed, "PROCESS_ERROR", 409, 409},
      {error_code::git_repository_not_found, "GIT_REPOSITORY_NOT_FOUND", 404, 500},
      {error_code::git_auth_failed, "GIT_AUTH_FAILED", 401, 500},
      {error_code::git_branch_not_found, "GIT_BRANCH_NOT_FOUND", 404, 500},
      {error_code::git_network_error, "GIT_NETWORK_ERROR", 502, 500},
      {error_code::git_clone_failed, "GIT_CLONE_FAILED", 500, 500},
      {error_code::git_operation_failed, "GIT_OPERATION_FAILED", 500, 500},
      {error_code::invalid_git_url, "INVALID_GIT_URL", 400, 400},
      {error_code::watch_start_failed, "WATCH_START_ERROR", 500, 500},
      {error_code::context_not_found, "CONTEXT_NOT_FOUND", 404, 404},
      {error_code::interpreter_not_ready, "INTERPRETER_NOT_READY", 503, 503},
      {error_code::circuit_open, "INTERPRETER_NOT_READY", 503, 503},
      {error_code::python_not_available, "PYTHON_NOT_AVAILABLE", 501, 501},
      {error_code::javascript_not_available, "JAVASCRIPT_NOT_AVAILABLE", 501, 501},
      {error_code::code_execution_error, "CODE_EXECUTION_ERROR", 500, 500},
      {error_code::context_creation_failed, "INTERNAL_ERROR", 500, 500},
  };
  ASSERT_EQ(std::size(expectations), static_cast<std::size_t>(actors::last_error_code));
  for (const expectation& e : expectations) {
    EXPECT_EQ(entry_of(e.code).sdk_code, e.sdk_code);
    EXPECT_EQ(entry_of(e.code).nominal_status(dialect::b), e.status) << e.sdk_code;
    EXPECT_EQ(entry_of(e.code).nominal_status(dialect::unknown), e.status) << e.sdk_code;
    EXPECT_EQ(entry_of(e.code).nominal_status(dialect::a), e.status_in_a) << e.sdk_code;
  }
}

/// HTTP.md 1.6: the interpreter of the SDK repeats a call whose message holds one of these.
TEST(error_table, texts_avoid_the_words_that_make_clients_repeat) {
  for (int value = 1; value <= static_cast<int>(actors::last_error_code); ++value) {
    const auto reason = failure_with(static_cast<error_code>(value));
    const std::string body = error_body(report_failure(reason, command_in(dialect::b, "true", "s1")), noon);
    EXPECT_EQ(body.find("not ready"), std::string::npos) << body;
    EXPECT_EQ(body.find("initializing"), std::string::npos) << body;
  }
}

TEST(error_body, is_the_union_of_both_dialects) {
  error_report report;
  report.code = "SOME_CODE";
  report.status = 410;
  report.message = "It \"broke\"";
  report.context = R"({"sessionId":"s1"})";
  report.suggestion = "Mend it";
  report.a_text = "Broken";
  report.more_members = R"("availableSessions":["x"])";
  report.retry_after_seconds = 3;
  const response answer = error_response(report, noon);
  EXPECT_EQ(answer.status, 410);
  EXPECT_EQ(answer.headers, (header_list{{"Content-Type", "application/json"}, {"Retry-After", "3"}}));
  EXPECT_EQ(answer.body,
            R"({"code":"SOME_CODE","message":"It \"broke\"","context":{"sessionId":"s1"},"httpStatus":410,)"
            R"("timestamp":"2026-01-31T12:34:56.789Z","suggestion":"Mend it","error":"Broken",)"
            R"("availableSessions":["x"]})");
}

TEST(error_body, leaves_out_what_is_not_there) {
  EXPECT_EQ(error_body(not_found_report(), noon),
            R"({"code":"UNKNOWN_ERROR","message":"The requested endpoint was not found","context":{},)"
            R"("httpStatus":404,"timestamp":"2026-01-31T12:34:56.789Z","error":"Not Found"})");
  error_report plain;
  plain.message = "m";
  EXPECT_EQ(json::parse(error_body(plain, noon))["error"], "m") << "the message where A has no text";
}

/// HTTP.md 1.6 lists the words, 4.5 the rule.
TEST(wire_status, is_422_where_old_clients_would_repeat_a_command) {
  for (const char* word :
       {"container port not found", "connection refused: container port", "the container is not listening",
        "failed to verify port", "container did not start", "network connection lost",
        "container suddenly disconnected", "monitor failed to find container", "timed out", "timeout",
        "no container instance available", "currently provisioning"}) {
    EXPECT_EQ(wire_status(500, std::string("before ") + word + " after"), 422) << word;
    EXPECT_EQ(wire_status(503, word), 503) << word;
    EXPECT_EQ(wire_status(400, word), 400) << word;
  }
  EXPECT_EQ(wire_status(500, "Command TIMEOUT after"), 422);
  EXPECT_EQ(wire_status(500, "nothing of the kind"), 500);
}

TEST(error_response, keeps_the_nominal_status_in_the_body_when_the_command_echoes_a_word) {
  const response answer =
      error_response(report_failure(failure_with(error_code::command_execution_error, "no pipe"),
                                    command_in(dialect::b, "grep 'timed out' log", "s1")),
                     noon);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(json::parse(answer.body)["httpStatus"], 500);
}

/// Appendix A of HTTP.md, dialect B.
TEST(failure_report, says_what_the_reference_says_in_b) {
  auto terminated = failure_with(error_code::session_terminated);
  terminated.exit_code = 7;
  EXPECT_EQ(body_of(terminated, command_in(dialect::b, "exit 7", "s1")), json::parse(R"json({
    "code":"SESSION_TERMINATED","message":"Session 's1' shell exited (exit code: 7)",
    "context":{"sessionId":"s1","exitCode":7},"httpStatus":410,"timestamp":"2026-01-31T12:34:56.789Z",
    "suggestion":"Session \"s1\" ended because its shell exited (exit code: 7). Session-local state (env vars, cwd, shell functions) has been lost. Retry the call to start a fresh session, or call createSession() with the same id to recreate it explicitly",
    "error":"Command execution failed"
})json"));

  EXPECT_EQ(body_of(failure_with(error_code::command_timeout, "Command timeout after 300ms"),
                    command_in(dialect::b, "sleep 3", "s1")),
            json::parse(R"({
    "code":"COMMAND_EXECUTION_ERROR",
    "message":"Failed to execute command 'sleep 3' in session 's1': Command timeout after 300ms",
    "context":{"command":"sleep 3","stderr":"Command timeout after 300ms"},
    "httpStatus":500,"timestamp":"2026-01-31T12:34:56.789Z","error":"Command execution failed"})"));

  EXPECT_EQ(body_of(failure_with(error_code::session_already_exists),
                    {dialect::b, "Failed to create session", "", "s1", false, ""}),
            json::parse(R"({
    "code":"SESSION_ALREADY_EXISTS","message":"Session 's1' already exists",
    "context":{"sessionId":"s1","containerPlacementId":null},
    "httpStatus":409,"timestamp":"2026-01-31T12:34:56.789Z",
    "suggestion":"Session \"s1\" already exists. Use a different session ID or reuse the existing session",
    "error":"Failed to create session"})"));

  EXPECT_EQ(body_of(failure_with(error_code::session_not_found),
                    {dialect::b, "Failed to delete session", "", "s1", false, ""}),
            json::parse(R"({
    "code":"INTERNAL_ERROR","message":"Session 's1' not found",
    "context":{"sessionId":"s1","originalError":"Session not found"},
    "httpStatus":500,"timestamp":"2026-01-31T12:34:56.789Z","error":"Session 's1' not found"})"));
}

TEST(failure_report, names_an_unknown_exit_code) {
  const auto body = body_of(failure_with(error_code::session_terminated), command_in(dialect::b, "x", "s1"));
  EXPECT_EQ(body["message"], "Session 's1' shell exited (exit code: unknown)");
  EXPECT_EQ(body["context"], json::parse(R"({"sessionId":"s1","exitCode":null})"));
}

TEST(failure_report, names_the_destroyed_session) {
  const auto body = body_of(failure_with(error_code::session_destroyed), command_in(dialect::b, "x", "s1"));
  EXPECT_EQ(body["message"], "Session 's1' was destroyed during command execution");
  EXPECT_EQ(body["suggestion"],
            "Session \"s1\" was destroyed. Create a new session to continue executing commands");
  EXPECT_EQ(body["httpStatus"], 410);
}

TEST(failure_report, names_sessionless_execution) {
  auto operation = command_in(dialect::b, "x", sessionless_token);
  operation.sessionless = true;
  EXPECT_EQ(body_of(failure_with(error_code::command_execution_error, "no descriptor"), operation)["message"],
            "Failed to execute command 'x' in sessionless execution: no descriptor");
}

/// HTTP.md 4.3, column A.
TEST(failure_report, says_what_the_reference_says_in_a) {
  auto body = body_of(failure_with(error_code::command_timeout, "Command timeout after 5ms"),
                      command_in(dialect::a, "sleep 3", "s1"));
  EXPECT_EQ(body["error"], "Command execution failed");
  EXPECT_EQ(body["message"], "Command timeout: sleep 3");
  EXPECT_EQ(body["httpStatus"], 500);

  auto terminated = failure_with(error_code::session_terminated);
  terminated.exit_code = 137;
  body = body_of(terminated, command_in(dialect::a, "x", "s1"));
  EXPECT_EQ(body["error"], "Command execution failed");
  EXPECT_EQ(body["message"], "Control process exited with code 137");
  EXPECT_EQ(body["httpStatus"], 500);

  body = body_of(failure_with(error_code::session_not_found), command_in(dialect::a, "x", "s1"));
  EXPECT_EQ(body["error"], "Session 's1' not found");
  EXPECT_EQ(body["httpStatus"], 404);
}

TEST(failure_report, promises_that_a_transient_state_ends) {
  const error_report report =
      report_failure(failure_with(error_code::unavailable, "restarting"), command_in(dialect::b, "x", "s1"));
  EXPECT_EQ(report.retry_after_seconds, 1);
  EXPECT_EQ(json::parse(report.context),
            json::parse(R"({"reason":"container_starting","retryable":true,"retryAfterMs":1000})"));
}

/// HTTP.md 1.3 and 3.2
TEST(refusal_report, says_what_the_refusal_means) {
  const error_report unknown = refusal_report({404, "whatever"});
  EXPECT_EQ(unknown.code, "UNKNOWN_ERROR");
  EXPECT_EQ(unknown.a_text, "Not Found");
  const error_report busy = refusal_report({503, "Too much"});
  EXPECT_EQ(busy.code, "CONTAINER_UNAVAILABLE");
  EXPECT_EQ(busy.message, "Too much");
  EXPECT_EQ(busy.retry_after_seconds, 1);
  const json context = json::parse(busy.context);
  EXPECT_TRUE(context.contains("reason"));
  EXPECT_EQ(context["retryable"], true);
  EXPECT_EQ(context["retryAfterMs"], 1000);
  EXPECT_EQ(refusal_report({413, "Too long"}).code, "FILE_TOO_LARGE");
}

TEST(failure_report, echoes_only_the_beginning_of_an_enormous_command) {
  const std::string command(1'000'000, 'x');
  const std::string body = error_body(report_failure(failure_with(error_code::command_execution_error, "no"),
                                                     command_in(dialect::b, command, "s1")),
                                      noon);
  EXPECT_LT(body.size(), 140'000u);
  EXPECT_NE(body.find("... [934464 bytes more]"), std::string::npos);
}

TEST(failure_report, never_tells_the_detail) {
  auto reason = failure_with(error_code::internal_error, "Something failed");
  reason.detail = "secret path";
  EXPECT_EQ(error_body(report_failure(reason, command_in(dialect::b, "x", "s1")), noon).find("secret"),
            std::string::npos);
}

} // namespace
} // namespace sandboxd::http
