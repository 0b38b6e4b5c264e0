#include "tests/process/daemon_fixture.hpp"

#include <chrono>
#include <fstream>
#include <string>

/// Commands outside of any session (HTTP.md 4.7, 4.5).
namespace sandboxd::testing {
namespace {

const std::string no_session = "__DISABLE_SESSION__";

class sessionless : public daemon_test {};

class two_sessionless : public daemon_test {
protected:
  two_sessionless()
      : daemon_test([](config::settings& settings) { settings.session.max_sessionless_commands = 2; }) {}
};

TEST_F(two_sessionless, commands_run_at_a_time_and_no_more) {
  sdk_client first(daemon.port(), generation::b);
  sdk_client second(daemon.port(), generation::b);
  first.begin(no_session, "touch one; until [ -e go ]; do sleep 0.01; done");
  second.begin(no_session, "touch two; until [ -e go ]; do sleep 0.01; done");
  ASSERT_TRUE(
      eventually([&] { return exists(daemon.workspace() / "one") && exists(daemon.workspace() / "two"); }));
  EXPECT_NE(b.execute(no_session, "true").status, 200);
  const std::ofstream go(daemon.workspace() / "go");
  EXPECT_EQ(first.answer().status, 200);
  EXPECT_EQ(second.answer().status, 200);
  EXPECT_TRUE(eventually([&] { return b.execute(no_session, "true").status == 200; }));
}

TEST(stopping, lets_a_command_outside_of_sessions_clean_up) {
  test_daemon daemon;
  sdk_client client(daemon.port(), generation::b);
  client.begin(no_session,
               "trap 'echo clean >cleaned; exit 3' TERM; touch ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "ready"); }));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(read_text(daemon.workspace() / "cleaned"), "clean\n");
}

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

TEST_F(sessionless, the_directory_may_be_a_symbolic_link) {
  EXPECT_EQ(b.output(no_session, "ln -s /usr link; pwd"), daemon.workspace().string() + "\n");
  const auto link = (daemon.workspace() / "link").string();
  EXPECT_EQ(b.output(no_session, "pwd; pwd -P", {{"cwd", link}}), link + "\n/usr\n");
}

TEST_F(sessionless, a_text_of_a_megabyte_runs_whole) {
  for (const std::size_t size : {131'060u, 131'061u, 131'062u, 131'063u, 131'064u, 131'065u, 131'066u,
                                 131'067u, 131'072u, 200'000u, 1'000'000u}) {
    const auto answered = b.execute(no_session, "echo " + std::string(size, 'x'));
    ASSERT_EQ(answered.status, 200) << size;
    EXPECT_EQ(answered.body.at("stdout").get<std::string>().size(), size + 1);
  }
  const std::string filler = "true " + std::string(200'000, 'x') + "\n";
  EXPECT_EQ(b.output(no_session, filler + "cat; echo $0 $#"), "/bin/bash 0\n")
      << "with an empty standard input";
  EXPECT_EQ(b.execute(no_session, filler + "exit 7").body.at("exitCode"), 7);
}

TEST_F(sessionless, messages_of_bash_are_about_the_text_alone) {
  const auto answered = b.execute(no_session, "echo )");
  EXPECT_EQ(answered.body.at("exitCode"), 2);
  const auto text = answered.body.at("stderr").get<std::string>();
  EXPECT_NE(text.find("line 1: `echo )'"), std::string::npos) << text;
  EXPECT_NE(b.execute(no_session, "true\nnope").body.at("stderr").get<std::string>().find("line 2: nope"),
            std::string::npos);
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
