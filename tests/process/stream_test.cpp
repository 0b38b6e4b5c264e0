#include "tests/process/daemon_fixture.hpp"

#include <chrono>
#include <string>
#include <utility>

/// Streamed commands (HTTP.md 4.6) and their flow control.
namespace sandboxd::testing {
namespace {

class command_stream : public each_generation {
protected:
  event_stream stream(const std::string& command, const json& more = json::object(), int receive_buffer = 0) {
    return sdk().stream("s", command, more, receive_buffer);
  }
};
FOR_EACH_GENERATION(command_stream);

TEST_P(command_stream, begins_with_start_and_ends_with_complete) {
  auto opened = stream("printf 'a\\n'; printf b >&2; (exit 4)");
  EXPECT_NE(opened.head().find("Content-Type: text/event-stream\r\n"), std::string::npos) << opened.head();
  const auto events = opened.rest();
  EXPECT_EQ(events.front().at("type"), "start");
  EXPECT_EQ(events.front().at("command"), "printf 'a\\n'; printf b >&2; (exit 4)");
  EXPECT_EQ(text_of(events, "stdout"), "a\n");
  EXPECT_EQ(text_of(events, "stderr"), "b");
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 4);
  for (const auto& event : events)
    EXPECT_TRUE(event.contains("timestamp"));
}

TEST_P(command_stream, events_of_dialect_a_name_the_command_and_complete_the_result) {
  const auto events = stream("echo out; echo err >&2").rest();
  for (const auto& event : events)
    EXPECT_EQ(event.contains("command"), GetParam() == generation::a || event.at("type") == "start");
  if (GetParam() == generation::a)
    EXPECT_EQ(events.back().at("result"),
              json({{"stdout", "out\n"}, {"stderr", "err\n"}, {"exitCode", 0}, {"success", true}}));
  else
    EXPECT_FALSE(events.back().contains("result"));
}

TEST_P(command_stream, output_arrives_while_the_command_runs) {
  auto opened = stream("echo first; until [ -e go ]; do sleep 0.01; done; echo second");
  EXPECT_EQ(opened.next()->at("type"), "start");
  EXPECT_EQ(opened.next()->at("data"), "first\n");
  b.output("other", "touch go");
  EXPECT_EQ(opened.next()->at("data"), "second\n");
  EXPECT_EQ(opened.next()->at("type"), "complete");
  EXPECT_FALSE(opened.next().has_value());
}

TEST_P(command_stream, no_newline_is_added_and_no_byte_lost) {
  EXPECT_EQ(text_of(stream("printf 'a\\0\\303\\251\\n\\nb'").rest(), "stdout"),
            std::string("a\0\xC3\xA9\n\nb", 7));
}

TEST_P(command_stream, a_character_cut_by_the_pipe_is_put_together) {
  EXPECT_EQ(text_of(stream("printf '\\303'; sleep 0.1; printf '\\251'").rest(), "stdout"), "\xC3\xA9");
}

TEST_P(command_stream, ten_megabytes_arrive_whole_in_small_events) {
  const auto events = stream("head -c 10000000 /dev/zero | tr '\\0' x").rest();
  std::size_t total = 0;
  for (const auto& event : events)
    if (event.at("type") == "stdout") {
      const std::string data = event.at("data");
      EXPECT_LE(data.size(), 64U << 10);
      total += data.size();
    }
  EXPECT_EQ(total, 10'000'000U);
  EXPECT_EQ(events.back().at("type"), "complete");
}

TEST_P(command_stream, what_it_changes_persists_in_dialect_a_only) {
  run("mine=1");
  EXPECT_EQ(text_of(stream("echo $mine; mine=2; cd /usr").rest(), "stdout"), "1\n");
  EXPECT_EQ(run("echo $mine $PWD"),
            GetParam() == generation::a ? "2 /usr\n" : "1 " + daemon.workspace().string());
}

TEST_P(command_stream, inherits_functions_and_directory) {
  run("greet() { echo hello; }; cd /usr");
  EXPECT_EQ(text_of(stream("greet; pwd").rest(), "stdout"), "hello\n/usr\n");
}

TEST_P(command_stream, exit_ends_it_with_the_exit_code) {
  run("kept=1");
  const auto events = stream("echo before; exit 6; echo after").rest();
  EXPECT_EQ(text_of(events, "stdout"), "before\n");
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 6);
  EXPECT_EQ(run("echo \"[${kept-}]\""), GetParam() == generation::a ? "[]\n" : "[1]");
}

TEST_P(command_stream, a_killed_command_ends_with_128_and_the_signal) {
  const auto events = stream("echo before; kill -9 $BASHPID").rest();
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 137);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(command_stream, standard_input_is_empty) {
  EXPECT_EQ(text_of(stream("cat; echo $?").rest(), "stdout"), "0\n");
}

TEST_P(command_stream, a_syntax_error_is_status_2) {
  const auto events = stream("echo 'open").rest();
  EXPECT_EQ(events.back().at("exitCode"), 2);
  EXPECT_NE(text_of(events, "stderr"), "");
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(command_stream, a_background_job_does_not_hold_it_open) {
  const auto events = stream("(sleep 4711; echo late) & echo now").rest();
  EXPECT_EQ(text_of(events, "stdout"), "now\n");
  EXPECT_EQ(events.back().at("exitCode"), 0);
}

TEST_P(command_stream, a_client_that_leaves_does_not_end_the_command) {
  {
    auto opened =
        stream("echo first; until [ -e go ]; do sleep 0.01; done; for i in 1 2 3 4 5; do echo $i || "
               "touch failed; done; head -c 1000000 /dev/zero; touch ended");
    EXPECT_EQ(opened.next()->at("type"), "start");
    EXPECT_EQ(opened.next()->at("data"), "first\n");
    opened.leave();
  }
  b.output("other", "touch go");
  EXPECT_TRUE(eventually([&] { return exists(daemon.workspace() / "ended"); }));
  EXPECT_FALSE(exists(daemon.workspace() / "failed"));
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(command_stream, fifty_clients_that_leave_cost_nothing) {
  run("true");
  b.output("other", "true");
  const auto descriptors = settled(count_descriptors);
  const auto fifos = count_fifos(daemon.runtime_directory()); // an idle session keeps two
  const auto processes = processes_below().size();
  for (int i = 0; i < 50; ++i) {
    auto opened = stream("echo first; seq 1 20000");
    opened.next();
    opened.leave();
  }
  EXPECT_EQ(run("echo next"), shown("next\n"));
  EXPECT_TRUE(eventually([&] { return processes_below().size() == processes; }));
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
  EXPECT_TRUE(eventually([&] { return count_fifos(daemon.runtime_directory()) == fifos; }));
}

TEST_P(command_stream, a_slow_reader_holds_its_command_and_nobody_else) {
  // 40 MB; each piece of 64 KiB leaves a mark behind once it is written.
  const std::string command = "for ((i = 0; i < 640; i++)); do head -c 65536 /dev/zero | tr '\\0' x; "
                              "echo >> marks; done";
  auto opened = stream(command, json::object(), 64 << 10);
  EXPECT_EQ(opened.next()->at("type"), "start");
  const auto marks = [&] { return read_text(daemon.workspace() / "marks").size(); };
  // It must come to a halt: what a window, two socket buffers and a pipe hold is some hundred kilobytes.
  std::size_t before = 0;
  auto since = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] {
    const auto now = std::chrono::steady_clock::now();
    if (const auto written = marks(); std::exchange(before, written) != written)
      since = now;
    return before > 0 && now - since > std::chrono::milliseconds(300);
  }));
  EXPECT_LT(before, 100U) << "of 640 pieces";
  EXPECT_EQ(b.output("other", "echo fine"), "fine");
  const auto events = opened.rest();
  EXPECT_EQ(text_of(events, "stdout").size(), 640U * 65536U);
  EXPECT_EQ(events.back().at("exitCode"), 0);
  EXPECT_EQ(marks(), 640U);
}

TEST_P(command_stream, streams_of_one_session_run_side_by_side_in_dialect_b_only) {
  auto first = stream("echo started; until [ -e go ]; do sleep 0.01; done; echo first");
  first.next();
  EXPECT_EQ(first.next()->at("data"), "started\n");
  if (GetParam() == generation::b) {
    EXPECT_EQ(text_of(stream("touch go; echo second").rest(), "stdout"), "second\n");
    EXPECT_EQ(run("echo third"), "third");
  } else {
    sdk_client waiting(daemon.port(), generation::a);
    waiting.begin("s", "echo second");
    const auto session = daemon.actors().record(daemon.tree_of("s") + "/session");
    EXPECT_TRUE(eventually([&] { return session->status().ends_with(", 1 waiting"); }));
    b.output("other", "touch go");
    EXPECT_EQ(waiting.answer().body.at("stdout"), "second\n");
  }
  EXPECT_EQ(text_of(first.rest(), "stdout"), "first\n");
}

class quiet_stream : public each_generation {
protected:
  quiet_stream()
      : each_generation([](config::settings& s) {
          s.http.keepalive_comment_interval = std::chrono::milliseconds(50);
          s.http.stream_stall_timeout = std::chrono::milliseconds(500);
        }) {}
};
FOR_EACH_GENERATION(quiet_stream);

TEST_P(quiet_stream, is_kept_open_by_comments) {
  raw_client connection(daemon.port());
  connection.send(request_text("POST", "/api/execute/stream",
                               sdk().command_body("s", "sleep 1; echo end", json::object())));
  const auto text = connection.read_until("complete");
  EXPECT_NE(text.find(": ka\n\n"), std::string::npos);
}

TEST_P(quiet_stream, of_a_client_that_takes_nothing_is_given_up_and_the_command_goes_on) {
  auto opened =
      sdk().stream("s", "head -c 20000000 /dev/zero | tr '\\0' x; touch ended", json::object(), 16 << 10);
  EXPECT_EQ(opened.next()->at("type"), "start");
  EXPECT_TRUE(eventually([&] { return exists(daemon.workspace() / "ended"); }));
  EXPECT_EQ(run("echo next"), shown("next\n"));
  EXPECT_ANY_THROW(opened.rest()) << "the body must not look complete";
}

/// Fields and faults of dialect B.
class stream_request : public daemon_test {};

TEST_F(stream_request, takes_environment_and_directory) {
  b.output("s", "X=old");
  const auto events = b.stream("s", "echo $X; pwd", {{"env", {{"X", "new"}}}, {"cwd", "/usr"}}).rest();
  EXPECT_EQ(text_of(events, "stdout"), "new\n/usr\n");
  EXPECT_EQ(b.output("s", "echo $X; pwd"), "old\n" + daemon.workspace().string());
}

TEST_F(stream_request, of_a_missing_directory_completes_with_1) {
  const auto events = b.stream("s", "pwd", {{"cwd", "/nope"}}).rest();
  EXPECT_EQ(text_of(events, "stderr"), "Failed to change directory to '/nope'\n");
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 1);
}

TEST_F(stream_request, ends_at_once_with_its_session) {
  auto opened = b.stream("s", "echo first; trap '' TERM; sleep 4711");
  EXPECT_EQ(opened.next()->at("type"), "start");
  EXPECT_EQ(opened.next()->at("data"), "first\n");
  ASSERT_EQ(b.remove("s").status, 200);
  const auto events = opened.rest();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.back().at("type"), "error");
  EXPECT_NE(events.back().dump().find("Session 's' was destroyed"), std::string::npos) << events.back();
}

TEST_F(stream_request, beyond_the_bound_is_refused_until_one_ends) {
  auto opened = b.stream("s", "echo first; until [ -e go ]; do sleep 0.01; done");
  EXPECT_EQ(opened.next()->at("type"), "start");
  EXPECT_EQ(opened.next()->at("data"), "first\n");
  for (int i = 0; i < 63; ++i)
    EXPECT_FALSE(b.stream("s", "until [ -e go ]; do sleep 0.1; done").refusal());
  const auto refused = b.stream("s", "true").refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->body.at("code"), "RESOURCE_BUSY");
  b.output("other", "touch go");
  EXPECT_EQ(opened.rest().back().at("type"), "complete");
}

TEST_F(stream_request, of_an_empty_command_is_refused_before_it_begins) {
  for (const char* const command : {"", "  \n"}) {
    const auto answered = b.post("/api/execute/stream", {{"sessionId", "s"}, {"command", command}});
    EXPECT_EQ(answered.status, 400);
    EXPECT_EQ(answered.body.at("code"), "INVALID_COMMAND");
    EXPECT_EQ(answered.body.at("message"), "Invalid command: empty command provided");
  }
}

TEST_F(stream_request, of_dialect_a_to_an_unknown_session_is_not_found) {
  const auto answered = a.post("/api/execute/stream", {{"id", "missing"}, {"command", "true"}});
  EXPECT_EQ(answered.status, 404);
}

} // namespace
} // namespace sandboxd::testing
