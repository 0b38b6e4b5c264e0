#include "tests/process/daemon_fixture.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// Background processes through the whole daemon (HTTP.md 5).
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class background_process : public each_generation {
protected:
  explicit background_process(std::uint64_t output_memory = 64 << 10)
      : each_generation([=](config::settings& settings) {
          settings.process.output_memory_bytes = output_memory;
          settings.process.output_spill_bytes = 256 << 10;
        }) {}

  [[nodiscard]] bool in_a() const { return GetParam() == generation::a; }

  json_answer start(const std::string& command, json options = json::object(),
                    const std::string& session = "s") {
    json body{{"command", command}, {"sessionId", session}};
    if (in_a())
      body["options"] = options;
    else
      body.update(options);
    return sdk().post("/api/process/start", body);
  }
  /// The id of a process that was started.
  std::string started(const std::string& command, json options = json::object()) {
    const auto answer = start(command, std::move(options));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.value("processId", "none");
  }
  /// A request as the generation sends it: what has no body tells them apart by a header (HTTP.md 2.2).
  json_answer ask(const std::string& method, const std::string& path) {
    sdk().send(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\n" +
               (in_a() ? "Content-Type: application/json\r\n" : "X-Sandbox-Id: tests\r\n") + "\r\n");
    return sdk().answer();
  }
  json get(const std::string& id) {
    return ask("GET", "/api/process/" + id).body.value("process", json::object());
  }
  json logs(const std::string& id) { return ask("GET", "/api/process/" + id + "/logs").body; }
  json wait_for_end(const std::string& id) {
    json record;
    EXPECT_TRUE(eventually([&] {
      record = get(id);
      const auto status = record.value("status", "none");
      return status != "running" && status != "starting";
    })) << record;
    return record;
  }
  event_stream follow(const std::string& id, const std::string& query = "", int receive_buffer = 0) {
    return {daemon.port(),
            "GET /api/process/" + id + "/stream" + query + " HTTP/1.1\r\nHost: localhost\r\n" +
                (in_a() ? "Accept: text/event-stream\r\n" : "X-Sandbox-Id: tests\r\n") + "\r\n",
            receive_buffer};
  }
};
FOR_EACH_GENERATION(background_process);

TEST_P(background_process, is_told_by_its_record) {
  const auto answer = start("sleep 100");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& process = answer.body["process"];
  EXPECT_EQ(process["status"], "running");
  EXPECT_EQ(process["command"], "sleep 100");
  EXPECT_EQ(process["id"], answer.body["processId"]);
  EXPECT_GT(process["pid"], 1);
  EXPECT_EQ(run("kill -0 " + std::to_string(process["pid"].get<int>()) + " && echo alive"), shown("alive\n"));
  if (in_a())
    EXPECT_TRUE(process["exitCode"].is_null() && process["endTime"].is_null());
  else
    EXPECT_FALSE(process.contains("exitCode") || process.contains("endTime"));
  EXPECT_EQ(ask("DELETE", "/api/process/" + process["id"].get<std::string>()).status, 200);
  const auto record = get(process["id"]);
  EXPECT_EQ(record["status"], "killed");
  EXPECT_EQ(record["exitCode"], 143);
  EXPECT_TRUE(record.contains("endTime"));
}

TEST_P(background_process, ends_with_the_exit_code_that_is_true) {
  struct row {
    const char* command;
    int exit_code;
    const char* status;
  };
  const row rows[] = {
      {"true", 0, "completed"},
      {"exit 7", 7, "failed"},
      {"false", 1, "failed"},
      {"exec sh -c 'exit 9'", 9, "failed"},
      {"set -e; false; echo never", 1, "failed"},
      {"kill -9 $BASHPID", 137, "killed"},
      {"kill -TERM $BASHPID; sleep 5", 143, "killed"},
      {"no-such-program", 127, "failed"},
      {"echo 'unbalanced", 2, "failed"},
      {"(exit 3)", 3, "failed"},
  };
  for (const auto& row : rows) {
    const auto record = wait_for_end(started(row.command));
    EXPECT_EQ(record["exitCode"], row.exit_code) << row.command << record;
    EXPECT_EQ(record["status"], row.status) << row.command;
  }
  EXPECT_EQ(run("echo well"), shown("well\n")) << "the session is what it was";
}

TEST_P(background_process, is_a_fork_of_its_sessions_shell) {
  run("cd /tmp; word=plain; greet() { echo \"hi $1\"; }; export SHOWN=yes");
  const auto id = started("greet $word; echo $SHOWN; pwd; cd /; word=changed; cat; echo $?");
  wait_for_end(id);
  EXPECT_EQ(logs(id)["stdout"], "hi plain\nyes\n/tmp\n0\n") << "standard input is empty";
  EXPECT_EQ(run("echo $word; pwd"), shown("plain\n/tmp\n"));
}

TEST_P(background_process, takes_variables_and_directory_of_its_own) {
  const auto id = started("echo $EXTRA; pwd", {{"env", {{"EXTRA", "given"}}}, {"cwd", "/usr"}});
  wait_for_end(id);
  EXPECT_EQ(logs(id)["stdout"], "given\n/usr\n");
}

TEST_P(background_process, has_its_logs_whole_when_they_are_asked_for_at_once) {
  for (int i = 0; i < 20; ++i) {
    const auto id = started("echo out " + std::to_string(i) + "; echo err >&2");
    const auto told = logs(id);
    EXPECT_EQ(told["stdout"], "out " + std::to_string(i) + "\n");
    EXPECT_EQ(told["stderr"], "err\n");
    EXPECT_EQ(told["processId"], id);
  }
}

TEST_P(background_process, runs_beside_commands_and_is_no_job_of_the_session) {
  const auto id = started("sleep 100");
  EXPECT_EQ(run("wait; jobs; echo done"), shown("done\n"));
  EXPECT_EQ(ask("DELETE", "/api/process/" + id).status, 200);
}

TEST_P(background_process, is_followed_from_its_beginning_to_its_end) {
  run("mkfifo fifo");
  const auto id = started("echo one; read -r line <fifo; echo two; echo three >&2; exit 5");
  EXPECT_EQ(logs(id)["stdout"], "one\n");
  auto early = follow(id);
  run("echo go >fifo");
  wait_for_end(id);
  auto late = follow(id);
  for (event_stream* stream : {&early, &late}) {
    const auto events = stream->rest();
    EXPECT_EQ(text_of(events, "stdout"), "one\ntwo\n");
    EXPECT_EQ(text_of(events, "stderr"), "three\n");
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back()["type"], in_a() ? "complete" : "exit");
    EXPECT_EQ(events.back()["exitCode"], 5);
    EXPECT_EQ(events.front()["type"], in_a() ? "stdout" : "process_info");
  }
}

TEST_P(background_process, dies_with_all_it_has_started) {
  const auto id = started("trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ >child; sleep 1000' & "
                          "while :; do sleep 1; done");
  EXPECT_TRUE(eventually([&] { return !run("cat child 2>/dev/null").empty(); }));
  EXPECT_EQ(ask("DELETE", "/api/process/" + id).status, 200);
  EXPECT_EQ(run("kill -0 $(cat child) 2>/dev/null || echo gone"), shown("gone\n"));
  const auto record = get(id);
  EXPECT_EQ(record["status"], "killed");
  EXPECT_EQ(record["exitCode"], 137);
}

TEST_P(background_process, is_gone_even_when_its_session_has_stopped_its_init) {
  if (!in_a())
    GTEST_SKIP()
        << "only dialect A asks for sessions without isolation, whose init can be stopped from within";
  ASSERT_EQ(sdk().create("open", {{"isolation", false}}).status, 200);
  const auto answer = start("sleep 100", json::object(), "open");
  ASSERT_EQ(answer.status, 200) << answer.body;
  sdk().execute("open", "kill -STOP $PPID; true");
  const auto killed = ask("DELETE", "/api/process/" + answer.body["processId"].get<std::string>());
  EXPECT_EQ(killed.status, 200) << killed.body;
  EXPECT_EQ(get(answer.body["processId"])["status"], "killed");
}

/// The shell is at its prompt again before a fork has said that it is there, so several are under way.
TEST_P(background_process, may_be_started_many_at_once_in_one_session) {
  std::deque<raw_client> clients;
  for (int i = 0; i < 30; ++i) {
    json body{{"command", "echo \"$NAME\" > out-$NAME"}, {"sessionId", "s"}};
    const json options{{"processId", "p" + std::to_string(i)}, {"env", {{"NAME", std::to_string(i)}}}};
    if (in_a())
      body["options"] = options;
    else
      body.update(options);
    clients.emplace_back(daemon.port()).send(request_text("POST", "/api/process/start", body));
  }
  for (auto& client : clients)
    EXPECT_EQ(client.read_reply().status, 200);
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(wait_for_end("p" + std::to_string(i))["exitCode"], 0) << i;
  EXPECT_EQ(run("cat out-* | sort -n | tr '\\n' ' '"),
            "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 ");
}

TEST_P(background_process, may_be_killed_twice_and_after_its_end) {
  const auto id = started("true");
  wait_for_end(id);
  const auto answer = ask("DELETE", "/api/process/" + id);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(get(id)["status"], "completed");
}

TEST_P(background_process, is_killed_with_all_others_at_once) {
  for (int i = 0; i < 5; ++i)
    started("trap '' TERM; while :; do sleep 1; done");
  const auto answer = ask("DELETE", in_a() ? "/api/process/kill-all?session=s" : "/api/process/kill-all");
  EXPECT_EQ(answer.body["killedCount"], 5) << answer.body;
  EXPECT_EQ(answer.body["cleanedCount"], 5);
  const auto listed = ask("GET", in_a() ? "/api/process/list?session=s" : "/api/process/list");
  EXPECT_EQ(listed.body["count"], 5);
  for (const auto& process : listed.body["processes"])
    EXPECT_EQ(process["status"], "killed");
}

TEST_P(background_process, is_unknown_by_another_id) {
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/api/process/none"},
                                                        {"DELETE", "/api/process/none"},
                                                        {"GET", "/api/process/none/logs"}}) {
    const auto answer = ask(method, path);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body["code"], "PROCESS_NOT_FOUND");
    EXPECT_EQ(answer.body["error"], "Process not found");
    EXPECT_EQ(answer.body["message"], in_a() ? "none" : "Process none not found");
  }
  auto stream = follow("none");
  ASSERT_TRUE(stream.refusal());
  EXPECT_EQ(stream.refusal()->status, 404);
}

TEST_P(background_process, keeps_its_id_for_itself_as_long_as_it_lives) {
  const std::string id = "my/own id";
  const auto path = std::string("/api/process/my%2Fown%20id");
  EXPECT_EQ(started("sleep 100", {{"processId", id}}), id);
  const auto again = start("true", {{"processId", id}});
  EXPECT_EQ(again.status, in_a() ? 500 : 409) << again.body;
  EXPECT_EQ(ask("DELETE", path).status, 200);
  EXPECT_EQ(started("true", {{"processId", id}}), id) << "a finished one is replaced";
}

TEST_P(background_process, ends_when_its_time_is_over) {
  const auto id = started("sleep 100", {{in_a() ? "timeout" : "timeoutMs", 200}});
  const auto record = wait_for_end(id);
  EXPECT_EQ(record["status"], "killed");
  EXPECT_EQ(record["exitCode"], 143);
}

TEST_P(background_process, ends_with_its_session) {
  const auto id = started("sleep 100");
  auto followed = follow(id);
  EXPECT_EQ(sdk().remove("s").status, 200);
  const auto record = wait_for_end(id);
  EXPECT_EQ(record["status"], "killed");
  EXPECT_EQ(followed.rest().back()["exitCode"], 143);
}

TEST_P(background_process, keeps_the_end_of_a_flood_and_says_what_is_missing) {
  const auto id = started("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo last");
  const auto stuck = follow(id, "", 4096); // reads nothing
  wait_for_end(id);
  const std::string text = logs(id)["stdout"];
  EXPECT_LT(text.size(), 400'000u);
  EXPECT_THAT(text, ::testing::StartsWith("[output truncated: "));
  EXPECT_THAT(text, ::testing::EndsWith("x\nlast\n"));
}

/// One that had more memory while it ran than it has afterwards.
class finished_process : public background_process {
protected:
  finished_process() : background_process(1 << 20) {}

  /// Open files without a name.
  static int spill_files() {
    int found = 0;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      found += std::filesystem::read_symlink(entry, gone).string().find("/#") != std::string::npos ? 1 : 0;
    return found;
  }
};
FOR_EACH_GENERATION(finished_process);

TEST_P(finished_process, has_its_output_in_a_file_until_it_is_forgotten) {
  const auto id = started("head -c 300000 /dev/zero | tr '\\0' x; echo", {{"processId", "p"}});
  wait_for_end(id);
  EXPECT_TRUE(eventually([] { return spill_files() == 1; }));
  EXPECT_TRUE(logs(id)["stdout"] == std::string(300'000, 'x') + '\n');
  started("true", {{"processId", "p"}});
  EXPECT_TRUE(eventually([] { return spill_files() == 0; }));
}

TEST_P(background_process, is_refused_without_a_command) {
  for (const auto& command : {std::string(), std::string("  ")}) {
    const auto answer = start(command);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(answer.body["code"], in_a() ? "VALIDATION_FAILED" : "INVALID_COMMAND");
  }
}

TEST_P(background_process, needs_a_session_in_a_and_makes_it_in_b) {
  const auto answer = start("echo x", json::object(), "other");
  EXPECT_EQ(answer.status, in_a() ? 404 : 200) << answer.body;
  EXPECT_EQ(answer.body.value("error", "none"), in_a() ? "Session 'other' not found" : "none");
}

} // namespace
} // namespace sandboxd::testing
