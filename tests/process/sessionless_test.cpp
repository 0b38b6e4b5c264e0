#include "tests/process/daemon_fixture.hpp"

#include <chrono>
#include <string>

/// Commands outside of any session (HTTP.md 4.7, 4.5).
namespace sandboxd::testing {
namespace {

const std::string no_session = "__DISABLE_SESSION__";

class sessionless : public daemon_test {};

TEST_F(sessionless, a_command_runs_in_a_fresh_shell_in_the_workspace) {
  EXPECT_EQ(b.output(no_session, "pwd; mine=1; cd /"), daemon.workspace().string() + "\n");
  EXPECT_EQ(b.output(no_session, "pwd; echo \"[${mine-}]\""), daemon.workspace().string() + "\n[]\n");
  EXPECT_EQ(b.request("GET", "/api/session/list").body.at("count"), 0);
}

TEST_F(sessionless, output_is_untouched_and_streams_are_separate) {
  const auto answered = b.execute(no_session, "printf 'x\\n\\n'; echo err >&2; (exit 3)");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("stdout"), "x\n\n");
  EXPECT_EQ(answered.body.at("stderr"), "err\n");
  EXPECT_EQ(answered.body.at("exitCode"), 3);
  EXPECT_EQ(answered.body.at("sessionId"), no_session);
}

TEST_F(sessionless, environment_and_directory_are_those_of_the_request) {
  EXPECT_EQ(b.output(no_session, "echo \"$X\"; pwd", {{"env", {{"X", "it's"}}}, {"cwd", "/usr"}}),
            "it's\n/usr\n");
}

TEST_F(sessionless, a_missing_directory_is_status_1) {
  const auto answered = b.execute(no_session, "pwd", {{"cwd", "/nope"}});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("exitCode"), 1);
  EXPECT_NE(answered.body.at("stderr").get<std::string>().find("/nope"), std::string::npos);
}

TEST_F(sessionless, exit_is_harmless) {
  EXPECT_EQ(b.execute(no_session, "exit 7").body.at("exitCode"), 7);
  EXPECT_EQ(b.execute(no_session, "kill -9 $$").body.at("exitCode"), 137);
  EXPECT_EQ(b.execute(no_session, "echo 'open").body.at("exitCode"), 2);
}

TEST_F(sessionless, standard_input_is_empty) {
  EXPECT_EQ(b.output(no_session, "cat; echo $?"), "0\n");
}

TEST_F(sessionless, one_that_exceeds_its_time_is_status_124_with_what_it_printed) {
  const auto begin = std::chrono::steady_clock::now();
  const auto answered = b.execute(no_session, "echo out; echo err >&2; sleep 4711", {{"timeoutMs", 300}});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1800));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("success"), false);
  EXPECT_EQ(answered.body.at("exitCode"), 124);
  EXPECT_EQ(answered.body.at("stdout"), "out\n");
  EXPECT_EQ(answered.body.at("stderr"), "err\nCommand timed out after 300ms");
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
}

TEST_F(sessionless, one_that_ignores_signals_is_killed) {
  EXPECT_EQ(b.execute(no_session, "trap '' TERM INT; while :; do sleep 4711; done", {{"timeoutMs", 300}})
                .body.at("exitCode"),
            124);
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
}

TEST_F(sessionless, commands_run_side_by_side) {
  sdk_client first(daemon.port(), generation::b);
  first.begin(no_session, "until [ -e go ]; do sleep 0.01; done; echo first");
  EXPECT_EQ(b.output(no_session, "touch go; echo second"), "second\n");
  EXPECT_EQ(first.answer().body.at("stdout"), "first\n");
}

TEST_F(sessionless, a_background_job_does_not_hold_the_answer) {
  EXPECT_EQ(b.output(no_session, "sleep 4711 & echo done"), "done\n");
}

TEST_F(sessionless, large_output_is_whole) {
  EXPECT_EQ(b.output(no_session, "head -c 5000000 /dev/zero | tr '\\0' x"), std::string(5'000'000, 'x'));
}

TEST_F(sessionless, streams_carry_raw_pieces_and_the_exit_code) {
  const auto events = b.stream(no_session, "printf a; printf b >&2; exit 5").rest();
  EXPECT_EQ(events.front().at("type"), "start");
  EXPECT_EQ(text_of(events, "stdout"), "a");
  EXPECT_EQ(text_of(events, "stderr"), "b");
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 5);
}

TEST_F(sessionless, a_stream_that_exceeds_its_time_ends_with_124) {
  const auto events = b.stream(no_session, "echo out; sleep 4711", {{"timeoutMs", 300}}).rest();
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 124);
}

TEST_F(sessionless, a_hundred_commands_leave_nothing) {
  b.output(no_session, "true");
  ASSERT_TRUE(eventually([] { return processes_below().size() == 1; }));
  const auto descriptors = settled(count_descriptors);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(b.output(no_session, "echo " + std::to_string(i)), std::to_string(i) + "\n");
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; }));
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
}

} // namespace
} // namespace sandboxd::testing
