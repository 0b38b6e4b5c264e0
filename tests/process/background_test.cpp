#include "tests/process/daemon_fixture.hpp"

#include <string>

/// Background jobs of a session's shell: `command &`.
namespace sandboxd::testing {
namespace {

class background_job : public each_generation {
protected:
  static bool runs(const std::string& marker) { return !processes_with(marker).empty(); }
};
FOR_EACH_GENERATION(background_job);

TEST_P(background_job, a_command_is_answered_while_its_job_still_holds_the_output) {
  EXPECT_EQ(run("sleep 4711 & echo started"), shown("started\n"));
  EXPECT_TRUE(eventually([] { return runs("sleep 4711"); }));
  run("kill %% 2>/dev/null || kill $!");
}

TEST_P(background_job, what_a_job_prints_later_never_appears_in_a_later_command) {
  run("(until [ -e go ]; do sleep 0.01; done; echo late; echo late >&2; touch printed) & echo now");
  const auto answered =
      sdk().execute("s", "touch go; until [ -e printed ]; do sleep 0.01; done; echo mine; echo err >&2");
  EXPECT_EQ(answered.body.at("stdout"), shown("mine\n"));
  EXPECT_EQ(answered.body.at("stderr"), shown("err\n"));
  EXPECT_EQ(run("wait; echo mine"), shown("mine\n"));
}

TEST_P(background_job, a_job_that_prints_after_its_command_gets_no_broken_pipe) {
  run("(until [ -e go ]; do sleep 0.01; done; trap 'touch broken' PIPE; for ((i = 0; i < 1000; i++)); do "
      "echo $i || touch failed; done; touch survived) & true");
  EXPECT_EQ(run("touch go; wait; ls broken failed survived 2>/dev/null"), shown("survived\n"));
}

TEST_P(background_job, a_job_that_prints_without_end_is_never_blocked_by_a_full_pipe) {
  // 20 MB, three hundred times what a FIFO holds.
  run("(head -c 20000000 /dev/zero; touch written) & true");
  EXPECT_TRUE(eventually([&] { return exists(daemon.workspace() / "written"); }));
}

TEST_P(background_job, a_job_goes_on_beside_later_commands) {
  run("(for ((i = 0; i < 100000; i++)); do [ -e stop ] && exit; sleep 0.005; echo x >> ticks; done) &");
  const auto ticks = [&] { return read_text(daemon.workspace() / "ticks").size(); };
  ASSERT_TRUE(eventually([&] { return ticks() > 0; }));
  const auto before = ticks();
  EXPECT_EQ(run("echo other"), shown("other\n"));
  EXPECT_TRUE(eventually([&] { return ticks() > before; }));
  EXPECT_EQ(run("touch stop; wait; echo ended"), shown("ended\n"));
}

TEST_P(background_job, a_job_survives_the_timeout_of_a_later_command) {
  run("sleep 4711 & job=$!");
  EXPECT_EQ(b.execute("s", "sleep 4712", {{"timeoutMs", 300}}).body.at("httpStatus"), 500);
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4712").empty(); }));
  EXPECT_EQ(run("kill -0 $job && echo alive"), shown("alive\n"));
  EXPECT_TRUE(runs("sleep 4711"));
}

TEST_P(background_job, jobs_end_with_their_session) {
  run("sleep 4711 & (sleep 4712 &) ; setsid sleep 4713 & nohup sleep 4714 >/dev/null 2>&1 &");
  ASSERT_TRUE(eventually([] { return runs("sleep 4713") && runs("sleep 4714"); }));
  ASSERT_EQ(b.remove("s").status, 200);
  EXPECT_TRUE(eventually([] { return processes_with("sleep 47").empty(); }));
}

TEST_P(background_job, what_jobs_leave_behind_is_reaped) {
  run("for i in 1 2 3 4 5; do (sleep 0.01 &) ; sleep 0.01 & done; wait");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 0.01").empty() && count_zombies() == 0; }));
}

} // namespace
} // namespace sandboxd::testing
