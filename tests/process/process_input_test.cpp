#include "tests/process/daemon_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

/// The standard input of background processes, an extension, through the whole daemon.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class process_stdin : public each_generation {
protected:
  process_stdin()
      : each_generation([](config::settings& settings) {
          settings.process.input_waiting_bytes = 256 << 10;
          settings.process.input_timeout = std::chrono::milliseconds(300);
        }) {}

  std::string started(const std::string& command, bool with_input = true) {
    json body{{"command", command}, {"sessionId", "s"}};
    const json options{{"stdin", with_input}};
    if (GetParam() == generation::a)
      body["options"] = options;
    else
      body.update(options);
    const auto answer = sdk().post("/api/process/start", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.value("processId", "none");
  }
  json_answer write(const std::string& id, const json& body) {
    return sdk().post("/api/process/" + id + "/stdin", body);
  }
  json get(const std::string& id) {
    sdk().send("GET /api/process/" + id + " HTTP/1.1\r\nHost: localhost\r\n" +
               (GetParam() == generation::a ? "Content-Type: application/json\r\n" : "X-Sandbox-Id: t\r\n") +
               "\r\n");
    return sdk().answer().body.value("process", json::object());
  }
  std::string output(const std::string& id) {
    sdk().send("GET /api/process/" + id + "/logs HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return sdk().answer().body.value("stdout", "none");
  }
  bool ends_with_output(const std::string& id, const std::string& text) {
    return eventually([&] { return get(id).value("status", "") == "completed"; }) && output(id) == text;
  }
};

FOR_EACH_GENERATION(process_stdin);

TEST_P(process_stdin, is_read_and_ends) {
  const auto id = started("while read -r line; do echo \"got $line\"; done; echo end");
  EXPECT_EQ(write(id, {{"data", "one\n"}}).body["written"], 4);
  EXPECT_TRUE(eventually([&] { return output(id) == "got one\n"; }));
  EXPECT_EQ(write(id, {{"data", "dHdvCg=="}, {"encoding", "base64"}}).body["written"], 4);
  const auto last = write(id, {{"close", true}});
  EXPECT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(last.body["closed"], true);
  EXPECT_TRUE(ends_with_output(id, "got one\ngot two\nend\n"));
}

TEST_P(process_stdin, takes_any_bytes_and_any_number_of_them) {
  const auto id = started("wc -c");
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(write(id, {{"data", piece}}).body["written"], 100'000);
  EXPECT_EQ(write(id, {{"data", std::string(1, '\0')}, {"close", true}}).body["written"], 1);
  EXPECT_TRUE(ends_with_output(id, "2000001\n"));
}

TEST_P(process_stdin, is_empty_unless_asked_for) {
  const auto id = started("cat; echo end", false);
  EXPECT_TRUE(ends_with_output(id, "end\n"));
  const auto other = started("sleep 100", false);
  const auto refused = write(other, {{"data", "x"}});
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body["code"], "PROCESS_ERROR");
  EXPECT_THAT(refused.body["message"].get<std::string>(), HasSubstr("without standard input"));
}

TEST_P(process_stdin, that_is_not_read_holds_nobody_up_for_long) {
  const auto id = started("echo ready; sleep 100");
  ASSERT_TRUE(eventually([&] { return output(id) == "ready\n"; }))
      << "its order to go is read, the pipe is empty";
  const auto late = write(id, {{"data", std::string(100'000, 'x')}});
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.body["code"], "RESOURCE_BUSY");
  EXPECT_EQ(late.body["context"]["written"], 65'536); // what a pipe holds
  const auto too_long = write(id, {{"data", std::string(300'000, 'x')}, {"close", true}});
  EXPECT_EQ(too_long.status, 400);
  EXPECT_EQ(too_long.body["context"]["validationErrors"][0]["field"], "data");
  EXPECT_EQ(write(id, {{"data", "still open"}}).body["code"], "RESOURCE_BUSY");
}

TEST_P(process_stdin, says_that_nobody_reads_any_more) {
  const auto id = started("exec <&-; sleep 100");
  EXPECT_TRUE(eventually([&] { return write(id, {{"data", "x"}}).status == 409; }));
  EXPECT_EQ(write(id, {{"data", "x"}}).body["code"], "PROCESS_ERROR");
  const auto over = started("true");
  EXPECT_TRUE(eventually([&] { return get(over).value("status", "") == "completed"; }));
  EXPECT_EQ(write(over, {{"data", "x"}}).status, 409);
  EXPECT_EQ(write("nobody", {{"data", "x"}}).status, 404);
}

TEST_P(process_stdin, reaches_programs_and_not_only_the_shell) {
  const auto id = started("exec python3 -c 'import sys; print(sys.stdin.read()[::-1])'");
  write(id, {{"data", "olleh"}, {"close", true}});
  EXPECT_TRUE(ends_with_output(id, "hello\n"));
}

} // namespace
} // namespace sandboxd::testing
