#include "tests/http/fakes.hpp"

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
using git::clone_progress;
using git::clone_result;
using nlohmann::json;
using testing::bench;
using testing::events_of;
using testing::fixed_timestamp;
using ::testing::HasSubstr;
using testing::json_of;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::recording_responder;

constexpr const char* path = "/api/git/checkout";

class git_routes : public ::testing::Test {
protected:
  bench a{settings_for(config::http_dialect::a)};
  bench b{settings_for(config::http_dialect::b)};

  static config::settings settings_for(config::http_dialect spoken) {
    config::settings settings;
    settings.http.dialect = spoken;
    settings.git.max_timeout = std::chrono::hours(1);
    return settings;
  }
  /// What a body makes the actors do; the answer stays open.
  static const actors::checkout_request& asked(bench& server, const json& body) {
    const auto got = server.ask("POST", path, body.dump());
    EXPECT_TRUE(got->sent.empty()) << got->sent.at(0).body;
    return server.git->asked.back().request;
  }
  /// The answer to a clone that ends so.
  static std::shared_ptr<recording_responder> answered(bench& server, const json& body,
                                                       actors::result_of<clone_result> outcome) {
    const auto got = server.ask("POST", path, body.dump());
    EXPECT_FALSE(server.git->asked.empty());
    server.git->asked.back().done.deliver(std::move(outcome));
    return got;
  }
  static clone_result failed(int exit_code, std::string text, std::string cause = "some") {
    return {exit_code, std::move(text), "", std::move(cause), ""};
  }
};

TEST_F(git_routes, read_their_fields_in_the_dialect) {
  const auto& in_b = asked(b, {{"repoUrl", "https://host/a/b.git"},
                               {"sessionId", "s1"},
                               {"targetDir", "t"},
                               {"branch", "dev"},
                               {"depth", 3},
                               {"timeoutMs", 1500}});
  EXPECT_EQ(in_b.order.url, "https://host/a/b.git");
  EXPECT_EQ(in_b.session, "s1");
  EXPECT_EQ(in_b.missing, if_missing::create);
  EXPECT_FALSE(in_b.sessionless);
  EXPECT_EQ(in_b.order.directory, "t");
  EXPECT_EQ(in_b.order.branch, "dev");
  EXPECT_EQ(in_b.order.depth, 3);
  EXPECT_EQ(in_b.timeout, std::chrono::milliseconds(1500));

  const auto& in_a =
      asked(a, {{"branch", "dev"}, {"repoUrl", "git@host:a/b.git"}, {"targetDir", "t"}, {"sessionId", "s1"}});
  EXPECT_EQ(in_a.order.url, "git@host:a/b.git");
  EXPECT_EQ(in_a.missing, if_missing::refuse);
  EXPECT_EQ(in_a.order.directory, "t");
  EXPECT_EQ(in_a.timeout, std::chrono::minutes(10)); // HTTP.md 7, NEW
}

TEST_F(git_routes, fill_in_what_is_missing) {
  const auto& in_b = asked(b, {{"repoUrl", "https://host/a/b.git"}});
  EXPECT_EQ(in_b.order.directory, "/workspace/b");
  EXPECT_EQ(in_b.order.branch, "");
  EXPECT_FALSE(in_b.order.depth);
  EXPECT_EQ(in_b.session, "default");
  EXPECT_EQ(in_b.timeout, std::chrono::minutes(10));

  const auto& in_a =
      asked(a, {{"repoUrl", "https://host/a/b.git"}, {"targetDir", ""}, {"depth", 1}, {"timeoutMs", 5}});
  EXPECT_THAT(in_a.order.directory, MatchesRegex("repo_1769862896789_[0-9a-f]+"));
  EXPECT_EQ(in_a.order.directory.size(), std::string("repo_1769862896789_").size() + 12);
  EXPECT_EQ(in_a.order.branch, "main");
  EXPECT_FALSE(in_a.order.depth) << "not of this dialect";
  EXPECT_EQ(in_a.missing, if_missing::create);
}

TEST_F(git_routes, find_their_session_where_the_others_do) {
  EXPECT_TRUE(asked(b, {{"repoUrl", "https://h/a"}, {"sessionId", "__DISABLE_SESSION__"}}).sessionless);
  b.ask("POST", path, R"({"repoUrl":"https://h/a"})", {{"X-Session-Id", "x"}});
  EXPECT_EQ(b.git->asked.back().request.session, "x");
  EXPECT_EQ(asked(a, {{"repoUrl", "https://h/a"}, {"sessionId", "sandbox-x"}}).missing, if_missing::create);
}

// HTTP.md 7, rows "URL check", "targetDir check" and "timeoutMs check".
TEST_F(git_routes, refuse_bad_fields_by_name) {
  struct row {
    json body;
    std::string code;
    std::string field;
    std::string field_code;
    std::string message;
  };
  const std::string url = "https://host/a";
  const std::string long_url = "https://host/" + std::string(2048, 'a');
  const std::vector<row> table{
      {json::object(), "INVALID_GIT_URL", "repoUrl", "INVALID_GIT_URL",
       "Invalid Git URL '': URL must be a non-empty string"},
      {{{"repoUrl", 7}},
       "INVALID_GIT_URL",
       "repoUrl",
       "INVALID_GIT_URL",
       "Invalid Git URL '': URL must be a non-empty string"},
      {{{"repoUrl", std::string("a\0b", 3)}},
       "INVALID_GIT_URL",
       "repoUrl",
       "INVALID_GIT_URL",
       "URL contains null bytes"},
      {{{"repoUrl", long_url}},
       "INVALID_GIT_URL",
       "repoUrl",
       "INVALID_GIT_URL",
       "URL too long (max 2048 characters)"},
      {{{"repoUrl", "ext::sh -c id"}},
       "INVALID_GIT_URL",
       "repoUrl",
       "INVALID_GIT_URL",
       "Invalid Git URL 'ext::sh -c id': scheme 'ext' is not allowed"},
      {{{"repoUrl", "ftp://u:secret-word@h/a"}},
       "INVALID_GIT_URL",
       "repoUrl",
       "INVALID_GIT_URL",
       "Invalid Git URL 'ftp://******@h/a': scheme 'ftp' is not allowed"},
      {{{"repoUrl", url}, {"targetDir", ""}},
       "VALIDATION_FAILED",
       "targetDirectory",
       "INVALID_PATH",
       "Invalid path format for '': Path must be a non-empty string"},
      {{{"repoUrl", url}, {"targetDir", 1}},
       "VALIDATION_FAILED",
       "targetDirectory",
       "INVALID_PATH",
       "Path must be a non-empty string"},
      {{{"repoUrl", url}, {"targetDir", std::string("a\0", 2)}},
       "VALIDATION_FAILED",
       "targetDirectory",
       "INVALID_PATH",
       "Path contains null bytes"},
      {{{"repoUrl", url}, {"targetDir", std::string(4097, 'a')}},
       "VALIDATION_FAILED",
       "targetDirectory",
       "INVALID_PATH",
       "Path too long (max 4096 characters)"},
      {{{"repoUrl", url}, {"timeoutMs", 0}}, "VALIDATION_FAILED", "timeoutMs", "INVALID_TIMEOUT", "positive"},
      {{{"repoUrl", url}, {"timeoutMs", -1}},
       "VALIDATION_FAILED",
       "timeoutMs",
       "INVALID_TIMEOUT",
       "positive"},
      {{{"repoUrl", url}, {"timeoutMs", 1.5}},
       "VALIDATION_FAILED",
       "timeoutMs",
       "INVALID_TIMEOUT",
       "positive"},
      {{{"repoUrl", url}, {"timeoutMs", "9"}},
       "VALIDATION_FAILED",
       "timeoutMs",
       "INVALID_TIMEOUT",
       "positive"},
      {{{"repoUrl", url}, {"timeoutMs", 3'600'001}},
       "VALIDATION_FAILED",
       "timeoutMs",
       "INVALID_TIMEOUT",
       "must not exceed 3600000"},
      {{{"repoUrl", url}, {"timeoutMs", 1e300}},
       "VALIDATION_FAILED",
       "timeoutMs",
       "INVALID_TIMEOUT",
       "must not exceed"},
      {{{"repoUrl", url}, {"depth", "1"}}, "VALIDATION_FAILED", "depth", "invalid_type", "depth"},
      {{{"repoUrl", url}, {"depth", 0.5}}, "VALIDATION_FAILED", "depth", "invalid_type", "depth"},
      {{{"repoUrl", url}, {"depth", 1e300}}, "VALIDATION_FAILED", "depth", "invalid_type", "depth"},
      {{{"repoUrl", url}, {"branch", 1}}, "VALIDATION_FAILED", "branch", "invalid_type", "branch"},
      {{{"repoUrl", url}, {"branch", std::string(1025, 'b')}},
       "VALIDATION_FAILED",
       "branch",
       "invalid_value",
       "branch"},
      {{{"repoUrl", url}, {"sessionId", std::string(257, 's')}},
       "VALIDATION_FAILED",
       "sessionId",
       "invalid_value",
       "Session ID is longer than 256 bytes"},
  };
  for (const auto& one : table) {
    const auto got = b.ask("POST", path, one.body.dump());
    ASSERT_EQ(got->sent.size(), 1u) << one.message;
    EXPECT_EQ(got->sent[0].status, 400) << one.message;
    const auto answer = json_of(*got);
    EXPECT_EQ(answer["code"], one.code) << answer;
    EXPECT_EQ(answer["context"]["validationErrors"][0]["field"], one.field) << answer;
    EXPECT_EQ(answer["context"]["validationErrors"][0]["code"], one.field_code) << answer;
    EXPECT_THAT(answer.value("message", ""), HasSubstr(one.message));
    EXPECT_THAT(got->sent[0].body, Not(HasSubstr("secret-word")));
  }
  EXPECT_TRUE(b.git->asked.empty());
}

TEST_F(git_routes, take_in_dialect_a_the_urls_of_its_reference) {
  for (const auto* url :
       {"https://host/a", "http://host/a/b", "https://x.git", "git@host:a/b.git", "ssh://h/a.git"})
    EXPECT_EQ(asked(a, {{"repoUrl", url}}).order.url, url);
  for (const auto* url : {"https://host", "git@host:a", "ssh://h/a", "/srv/a.git", "git://h/a.git",
                          "file:///a.git", "https://host/a\n", "ext::sh -c id .git", "-x"}) {
    const auto got = a.ask("POST", path, json{{"repoUrl", url}}.dump());
    ASSERT_EQ(got->sent.size(), 1u) << url;
    EXPECT_EQ(got->sent[0].status, 400);
    EXPECT_EQ(json_of(*got)["error"], "Invalid repository URL format") << url;
  }
  EXPECT_EQ(json_of(*a.ask("POST", path, "{}"))["error"], "Repository URL is required and must be a string");
}

TEST_F(git_routes, answer_a_clone_in_the_dialect) {
  const json body{{"repoUrl", "https://u:secret-word@host/b.git"}, {"targetDir", "t"}};
  EXPECT_EQ(json_of(*answered(b, body, clone_result{0, "Cloning into 't'...\n", "dev", "", ""})),
            (json{{"success", true},
                  {"repoUrl", "https://******@host/b.git"},
                  {"branch", "dev"},
                  {"targetDir", "t"},
                  {"timestamp", fixed_timestamp}}));
  EXPECT_EQ(json_of(*answered(a, body, clone_result{0, "Cloning into 't'...\n", "main", "", ""})),
            (json{{"success", true},
                  {"repoUrl", "https://******@host/b.git"},
                  {"branch", "main"},
                  {"targetDir", "t"},
                  {"stdout", ""},
                  {"stderr", "Cloning into 't'...\n"},
                  {"exitCode", 0},
                  {"timestamp", fixed_timestamp}}));
}

TEST_F(git_routes, name_the_branch_that_is_checked_out_else_the_one_asked_for) {
  json body{{"repoUrl", "https://host/b.git"}};
  EXPECT_EQ(json_of(*answered(b, body, clone_result{}))["branch"], "unknown");
  body["branch"] = "v1";
  EXPECT_EQ(json_of(*answered(b, body, clone_result{}))["branch"], "v1");
  EXPECT_EQ(json_of(*answered(b, body, clone_result{0, "", "x", "", "told"}))["branch"], "x");
  EXPECT_EQ(json_of(*answered(b, body, clone_result{0, "", "x", "", "told"}))["notice"], "told");
}

// HTTP.md 7: a clone that git has failed is 200 in A, an error by the table in B.
TEST_F(git_routes, answer_a_failed_clone_in_the_dialect) {
  const json body{{"repoUrl", "https://u:secret-word@host/b.git"}, {"targetDir", "t"}};
  const auto in_a = answered(a, body, failed(128, "fatal: x\n"));
  EXPECT_EQ(in_a->sent.at(0).status, 200);
  EXPECT_EQ(json_of(*in_a)["success"], false);
  EXPECT_EQ(json_of(*in_a)["exitCode"], 128);
  EXPECT_EQ(json_of(*in_a)["stderr"], "fatal: x\n");

  struct row {
    clone_result result;
    std::string code;
    int status;
    std::string said;
  };
  const std::vector<row> table{
      {failed(128, "remote: Repository not found.\n"), "GIT_REPOSITORY_NOT_FOUND", 404,
       "remote: Repository not found."},
      {failed(128, "fatal: x\n"), "GIT_OPERATION_FAILED", 500, "fatal: x"},
      {failed(1, "Permission denied"), "GIT_AUTH_FAILED", 401, "Permission denied"},
      {failed(1, "it does not exist"), "GIT_REPOSITORY_NOT_FOUND", 404, "it does not exist"},
      {failed(1, "pathspec"), "GIT_BRANCH_NOT_FOUND", 404, "pathspec"},
      {failed(1, "it already exists"), "GIT_CLONE_FAILED", 500, "it already exists"},
      {failed(3, ""), "GIT_CLONE_FAILED", 500, "exit code 3"},
  };
  for (const auto& one : table) {
    const auto got = answered(b, body, one.result);
    const auto answer = json_of(*got);
    EXPECT_EQ(got->sent.at(0).status, one.status) << answer;
    EXPECT_EQ(answer["httpStatus"], one.status);
    EXPECT_EQ(answer["code"], one.code);
    EXPECT_EQ(answer["message"], "Failed to clone repository 'https://******@host/b.git': " + one.said);
    EXPECT_EQ(answer["context"]["repository"], "https://******@host/b.git");
    EXPECT_EQ(answer["context"]["targetDir"], "t");
    EXPECT_EQ(answer["context"]["exitCode"], one.result.exit_code);
    EXPECT_EQ(answer["context"]["cause"], "some");
    EXPECT_THAT(got->sent[0].body, Not(HasSubstr("secret-word")));
  }
}

TEST_F(git_routes, answer_a_clone_that_took_too_long) {
  const json body{{"repoUrl", "https://host/b.git"}, {"targetDir", "t"}, {"timeoutMs", 1001}};
  const actors::failure late{error_code::command_timeout, "Operation timed out"};
  const auto in_b = answered(b, body, late);
  EXPECT_EQ(in_b->sent.at(0).status, 502);
  const auto answer = json_of(*in_b);
  EXPECT_EQ(answer["code"], "GIT_NETWORK_ERROR");
  EXPECT_EQ(answer["message"], "Git clone timed out after 2 seconds for 'https://host/b.git'");
  EXPECT_EQ(answer["context"]["stderr"], "Operation timed out");
  EXPECT_EQ(answer["context"]["exitCode"], 124);
  const auto in_a = answered(a, body, late);
  EXPECT_EQ(json_of(*in_a)["httpStatus"], 500);
  EXPECT_EQ(json_of(*in_a)["error"], "Failed to checkout repository");
}

TEST_F(git_routes, answer_a_clone_that_was_lost) {
  const json body{{"repoUrl", "https://host/b.git"}, {"sessionId", "s"}};
  const auto told = [&](bench& server, error_code code) {
    return json_of(*answered(server, body, actors::failure{code, "why", "s"}));
  };
  EXPECT_EQ(told(a, error_code::session_not_found)["error"], "Failed to checkout repository");
  EXPECT_EQ(told(a, error_code::session_not_found)["message"], "Session 's' not found");
  EXPECT_EQ(told(a, error_code::session_not_found)["httpStatus"], 500);
  EXPECT_EQ(told(b, error_code::session_destroyed)["code"], "SESSION_DESTROYED");
  EXPECT_EQ(told(b, error_code::too_busy)["code"], "RESOURCE_BUSY");
  EXPECT_EQ(told(b, error_code::command_execution_error)["code"], "GIT_CLONE_FAILED");
}

TEST_F(git_routes, call_a_clone_off_when_the_client_leaves) {
  const auto got = b.ask("POST", path, R"({"repoUrl":"https://host/b.git"})");
  EXPECT_EQ(b.git->cancelled, 0);
  ASSERT_TRUE(got->left);
  got->left();
  EXPECT_EQ(b.git->cancelled, 1);
  const auto streamed =
      b.ask("POST", path, R"({"repoUrl":"https://host/b.git"})", {{"Accept", "text/event-stream"}});
  streamed->opened->close();
  EXPECT_EQ(b.git->cancelled, 2);
}

TEST_F(git_routes, stream_progress_and_one_last_event) {
  const auto ask = [&](bench& server) {
    return server.ask("POST", path, R"({"repoUrl":"https://host/b.git","targetDir":"t"})",
                      {{"Accept", "text/event-stream"}});
  };
  const auto good = ask(b);
  auto& clone = b.git->asked.back();
  clone.on_progress({"receiving", 1, 2, 300});
  clone.done.deliver(clone_result{0, "", "main", "", ""});
  EXPECT_EQ(events_of(*good->opened), (std::vector<json>{{{"type", "progress"},
                                                          {"phase", "receiving"},
                                                          {"done", 1},
                                                          {"total", 2},
                                                          {"bytes", 300},
                                                          {"timestamp", fixed_timestamp}},
                                                         {{"type", "complete"},
                                                          {"success", true},
                                                          {"repoUrl", "https://host/b.git"},
                                                          {"branch", "main"},
                                                          {"targetDir", "t"},
                                                          {"timestamp", fixed_timestamp}}}));
  EXPECT_TRUE(good->opened->finished);

  for (auto* server : {&a, &b}) {
    const auto bad = ask(*server);
    server->git->asked.back().done.deliver(failed(128, "fatal: \xC3\xA9\n"));
    const auto events = events_of(*bad->opened);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0]["type"], "error");
    EXPECT_EQ(events[0]["code"], "GIT_OPERATION_FAILED");
    EXPECT_EQ(events[0]["context"]["stderr"], "fatal: \xC3\xA9");
    EXPECT_EQ(events[0]["exitCode"], 128);
    EXPECT_EQ(events[0]["success"], false);
    EXPECT_TRUE(bad->opened->finished);
  }
  const auto lost = ask(b);
  b.git->asked.back().done = {}; // and with it the last of the reply
  EXPECT_EQ(events_of(*lost->opened).at(0)["code"], "INTERNAL_ERROR");
}

TEST_F(git_routes, show_a_slow_client_the_newest_progress_alone) {
  const auto got =
      b.ask("POST", path, R"({"repoUrl":"https://host/b.git"})", {{"Accept", "text/event-stream"}});
  auto& clone = b.git->asked.back();
  for (int i = 1; i <= 100'000; ++i)
    clone.on_progress({"receiving", i, 100'000, 0});
  clone.done.deliver(clone_result{});
  EXPECT_LT(got->opened->undrained, config::settings{}.http.stream_window_bytes);
  got->opened->drain_all();
  const auto events = events_of(*got->opened);
  EXPECT_LT(events.size(), 10'000u);
  EXPECT_EQ(events.at(events.size() - 2)["done"], 100'000);
  EXPECT_EQ(events.back()["type"], "complete");
}

} // namespace
} // namespace sandboxd::http
