#include "tests/process/daemon_fixture.hpp"

#include <chrono>
#include <ostream>
#include <string>

/// Commands that exceed their time (HTTP.md 4.5): answered at once, ended with all they started, and the
/// shell goes on with its state.
namespace sandboxd::testing {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

/// The grace is longer than an answer may take, so that an answer that waits for the end is seen.
constexpr milliseconds grace{2000};
constexpr milliseconds limit{300};
constexpr milliseconds at_once{1500};

struct endless {
  const char* name;
  const char* command;
};
std::ostream& operator<<(std::ostream& to, const endless& what) {
  return to << what.command;
}

/// 4711 marks the processes that must be gone afterwards.
constexpr endless commands[] = {
    {"sleep", "sleep 4711"},
    {"builtin_loop", "while :; do :; done"},
    {"loop_of_programs", "while :; do sleep 0.01; done"},
    {"child_that_ignores_signals", "bash -c 'trap \"\" TERM INT; while :; do sleep 4711; done'"},
    {"child_that_ignores_signals_and_waits", "python3 -c 'import signal,time\nfor s in (1,2,3,15): "
                                             "signal.signal(s, signal.SIG_IGN)\ntime.sleep(4711)'"},
    {"shell_that_ignores_signals", "(trap '' TERM INT; while :; do sleep 4711; done)"},
    {"function", "endless() { while :; do sleep 0.01; done; }; endless"},
    {"recursive_function", "again() { sleep 0.01; again; }; again"},
    {"builtin_function", "spin() { while :; do :; done; }; spin"},
    {"command_substitution", "x=$(sleep 4711); echo $x"},
    {"substitution_loop", "x=$(while :; do :; done)"},
    {"pipeline", "yes 4711 | cat | cat > /dev/null"},
    {"pipeline_into_a_loop", "yes 4711 | while read line; do :; done"},
    {"wait_for_a_job", "sleep 4711 & wait"},
    {"fifo_that_nobody_writes", "mkfifo never; read line < never"},
    {"fifo_that_nobody_reads", "mkfifo never; echo 4711 > never"},
    {"grandchildren", "sh -c 'sleep 4711 & (sleep 4712 & wait) & wait'; sleep 4713"},
    {"own_process_group", "setsid sleep 4711"},
    {"stopped_child", "sh -c 'kill -STOP $$; sleep 4711'"},
    {"job_control", "set -m; sleep 4711"},
    {"errors_ignored", "until false; do sleep 4711 || true; done"},
    {"eval_and_source", "echo 'while :; do sleep 0.01; done' > endless; . ./endless"},
};

class timed_out : public daemon_test, public ::testing::WithParamInterface<endless> {
protected:
  timed_out() : daemon_test([](config::settings& s) { s.session.kill_grace = grace; }) {}
};
INSTANTIATE_TEST_SUITE_P(command, timed_out, ::testing::ValuesIn(commands), name_of_case());

/// What is left of the commands, by words that no path or number in other command lines contains.
std::string left_behind() {
  std::string found;
  for (const char* words : {"sleep 471", "sleep(4711)", "yes 4711", "sleep 0.01"})
    if (const auto count = processes_with(words).size(); count != 0)
      found += std::to_string(count) + " of " + words + "\n";
  return found;
}

TEST_P(timed_out, is_answered_at_once_and_the_shell_survives) {
  ASSERT_EQ(b.create("s").status, 200);
  const auto shell = b.output("s", "echo $$; kept=variable; survivor() { echo function; }; cd /usr");
  const auto descriptors = settled(count_descriptors);
  const auto fifos = count_fifos(daemon.runtime_directory()); // an idle session keeps two

  const auto begin = clock::now();
  const auto answered =
      b.execute("s", std::string("cd ") + daemon.workspace().string() + "; " + GetParam().command,
                {{"timeoutMs", limit.count()}});
  const auto took = clock::now() - begin;
  EXPECT_GE(took, limit);
  EXPECT_LT(took, limit + at_once);
  // HTTP.md 4.5: nominally 500, on the status line 422, so that no client repeats the command.
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.body.at("httpStatus"), 500);
  EXPECT_EQ(answered.body.at("code"), "COMMAND_EXECUTION_ERROR");
  EXPECT_NE(answered.body.at("message").get<std::string>().find("Command timeout after 300ms"),
            std::string::npos);
  EXPECT_EQ(answered.body.at("context").at("stderr"), "Command timeout after 300ms");

  EXPECT_EQ(b.output("s", "echo $$; echo $kept; survivor; echo ok >&2"), shell + "\nvariable\nfunction");
  EXPECT_TRUE(eventually([] { return left_behind().empty(); })) << left_behind();
  EXPECT_EQ(processes_below().size(), 3U) << "spawner, init and shell";
  EXPECT_EQ(count_zombies(), 0U);
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
  EXPECT_TRUE(eventually([&] { return count_fifos(daemon.runtime_directory()) == fifos; }));
}

class time_limit : public each_generation {
protected:
  time_limit() : each_generation([](config::settings& s) { s.session.command_timeout = limit; }) {}

  json limited() const {
    return GetParam() == generation::a ? json::object() : json{{"timeoutMs", limit.count()}};
  }
};
FOR_EACH_GENERATION(time_limit);

TEST_P(time_limit, each_dialect_has_its_own_answer) {
  const auto answered = sdk().execute("s", "sleep 4711", limited());
  EXPECT_EQ(answered.body.at("httpStatus"), 500);
  if (GetParam() == generation::a) {
    EXPECT_EQ(answered.body.at("error"), "Command execution failed");
    EXPECT_EQ(answered.body.at("message"), "Command timeout: sleep 4711");
  } else {
    EXPECT_EQ(answered.body.at("message"),
              "Failed to execute command 'sleep 4711' in session 's': Command timeout after 300ms");
  }
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(time_limit, a_command_within_its_limit_is_left_alone) {
  EXPECT_EQ(run("sleep 0.01; echo done", limited()), shown("done\n"));
}

TEST_P(time_limit, ten_timeouts_in_a_row_cost_nothing) {
  const auto shell = run("echo $$");
  const auto descriptors = settled(count_descriptors);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(sdk().execute("s", i % 2 == 0 ? "sleep 4711" : "while :; do :; done", limited()).status, 422);
  EXPECT_EQ(run("echo $$"), shell);
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }));
}

TEST_P(time_limit, streams_end_with_124) {
  const auto events = sdk().stream("s", "echo first; sleep 4711", limited()).rest();
  EXPECT_EQ(events.back().at("type"), "complete");
  EXPECT_EQ(events.back().at("exitCode"), 124);
  EXPECT_EQ(text_of(events, "stdout"), "first\n");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").empty(); }));
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

class stubborn_shell : public daemon_test {};

TEST_F(stubborn_shell, that_traps_every_signal_is_answered_at_once_and_replaced_if_need_be) {
  const auto begin = clock::now();
  const auto answered = b.execute("s", "trap 'echo caught' INT TERM; while :; do sleep 0.01; done",
                                  {{"timeoutMs", limit.count()}});
  EXPECT_LT(clock::now() - begin, limit + at_once);
  EXPECT_EQ(answered.body.at("httpStatus"), 500);
  EXPECT_EQ(b.output("s", "echo next"), "next");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 0.01").empty(); }));
}

class session_limit : public daemon_test {};

TEST_F(session_limit, holds_for_every_command_unless_it_brings_its_own) {
  ASSERT_EQ(b.create("s", {{"commandTimeoutMs", limit.count()}}).status, 200);
  EXPECT_EQ(b.execute("s", "sleep 4711").body.at("context").at("stderr"), "Command timeout after 300ms");
  EXPECT_EQ(b.output("s", "sleep 0.6; echo done", {{"timeoutMs", 9000}}), "done");
}

} // namespace
} // namespace sandboxd::testing
