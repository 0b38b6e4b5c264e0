#include "tests/launcher/process_world.hpp"

#include <signal.h>
#include <sys/wait.h>

namespace sandboxd::launcher {
namespace {

using namespace std::chrono_literals;
using testing::script;
using clock = std::chrono::steady_clock;

class session_end : public testing::in_session {
protected:
  /// Starts whatever could get away (orphans, daemons of their own sessions, processes deaf to polite
  /// signals) and returns all of it.
  std::vector<process_entry> start_brood() {
    program =
        start_until(script("(setsid sleep 1000 &)\n"
                           "(trap '' TERM HUP INT; (exec sleep 1001) & wait) &\n"
                           "setsid bash -c '(trap \"\" TERM; sleep 1002) & disown -a; exec sleep 1003' &\n"
                           "((sleep 1004; echo unreachable) &)\n"
                           "echo ready; wait\n"),
                    "ready");
    std::vector<process_entry> found;
    EXPECT_TRUE(wait_until([&] {
      found = testing::processes_below(host_pid);
      return std::count_if(found.begin(), found.end(), [](const auto& entry) {
               return testing::command_name(entry.pid) == "sleep";
             }) == 5;
    }));
    return found;
  }

  pid_t host_pid = 0;
  std::shared_ptr<testing::observed_program> program;

  void SetUp() override {
    in_session::SetUp();
    if (init->identity)
      host_pid = init->identity->on_host;
  }
};
INSTANTIATE_TEST_SUITE_P(session, session_end, ::testing::Bool(), testing::isolation_name);

TEST_P(session_end, comes_with_the_last_reference_and_spares_nobody) {
  auto processes = start_brood();
  processes.push_back(*read_process(host_pid));
  init->process.reset();
  EXPECT_TRUE(wait_until([&] { return !testing::any_alive(processes); }));
}

TEST_P(session_end, comes_with_kill_and_spares_nobody) {
  auto processes = start_brood();
  processes.push_back(*read_process(host_pid));
  init->process->kill();
  EXPECT_TRUE(wait_until([&] { return !testing::any_alive(processes); }));
  EXPECT_EQ(program->ends, std::vector{std::optional<int>()});
  EXPECT_TRUE(init->lost.empty()) << "nobody is told what he has asked for";
}

TEST_P(session_end, waits_no_longer_than_the_grace_for_the_deaf) {
  const auto processes = start_brood();
  const auto begin = clock::now();
  init->process->shut_down(300ms);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  const auto took = clock::now() - begin;
  EXPECT_GE(took, 300ms) << "some ignore SIGTERM";
  EXPECT_LT(took, 5s);
  EXPECT_FALSE(testing::any_alive(processes));
  EXPECT_EQ(init->lost.size(), 1u);
  EXPECT_EQ(program->ends, std::vector{std::optional(SIGTERM)});
}

TEST_P(session_end, does_not_wait_for_the_grace_when_all_obey) {
  program = start_until(script("sleep 1000 & kill -STOP $!; echo ready; wait"), "ready");
  const auto processes = testing::processes_below(host_pid);
  const auto begin = clock::now();
  init->process->shut_down(20s);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  EXPECT_LT(clock::now() - begin, 15s);
  EXPECT_FALSE(testing::any_alive(processes)) << "the stopped one too";
}

TEST_P(session_end, lets_a_program_clean_up_within_the_grace) {
  program = start_until(script("trap 'echo cleaned; exit 9' TERM; echo ready; while :; do sleep 0.01; done"),
                        "ready");
  init->process->shut_down(20s);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  program->read();
  EXPECT_TRUE(program->text.ends_with("cleaned\n")) << program->text;
  EXPECT_EQ(program->ends, std::vector{std::optional(W_EXITCODE(9, 0))});
}

TEST_P(session_end, of_a_killed_init_is_told_once_to_everybody) {
  const auto second = start_until(script("echo ready; exec sleep 1000"), "ready");
  program = start_until(script("echo ready; exec sleep 1000"), "ready");
  ASSERT_EQ(::kill(host_pid, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  run_for(50ms);
  EXPECT_EQ(init->lost.size(), 1u);
  EXPECT_EQ(program->ends, std::vector{std::optional<int>()});
  EXPECT_EQ(second->ends, std::vector{std::optional<int>()});
  EXPECT_TRUE(wait_until([&] { return second->read() && program->read(); }));
}

TEST_P(session_end, by_a_kill_of_the_init_spares_nobody) {
  const auto processes = start_brood();
  ASSERT_EQ(::kill(host_pid, SIGKILL), 0);
  EXPECT_TRUE(wait_until([&] { return !testing::any_alive(processes); }))
      << "an isolated one takes its namespace along, what another leaves is hunted";
}

TEST_P(session_end, needs_no_help_of_an_init_that_is_stopped) {
  auto processes = start_brood();
  processes.push_back(*read_process(host_pid));
  ASSERT_EQ(::kill(host_pid, SIGSTOP), 0);
  init->process->kill();
  EXPECT_TRUE(wait_until([&] { return !testing::any_alive(processes); }));
}

TEST_P(session_end, of_a_stopped_init_comes_soon_after_the_grace) {
  auto processes = start_brood();
  processes.push_back(*read_process(host_pid));
  ASSERT_EQ(::kill(host_pid, SIGSTOP), 0);
  const auto begin = clock::now();
  init->process->shut_down(100ms);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  EXPECT_LT(clock::now() - begin, 5s);
  EXPECT_TRUE(wait_until([&] { return !testing::any_alive(processes); }));
}

TEST_P(session_end, comes_to_an_init_that_takes_no_orders) {
  program = start_until(script("echo ready; exec sleep 1000"), "ready");
  ASSERT_EQ(::kill(host_pid, SIGSTOP), 0);
  for (int i = 0; i < 10'000; ++i)
    init->process->end_interrupt(); // an order of which nothing comes
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  EXPECT_EQ(program->ends, std::vector{std::optional<int>()});
}

TEST_P(session_end, is_told_to_programs_started_after_it) {
  ASSERT_EQ(::kill(host_pid, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return !init->lost.empty(); }));
  program = testing::start_program(*init, script("true"));
  const auto fork = std::make_shared<testing::observed_program>();
  init->process->adopt(1, fork->events(fork));
  EXPECT_TRUE(program->ends.empty()) << "not from within the call";
  ASSERT_TRUE(wait_until([&] { return !program->ends.empty() && !fork->ends.empty(); }));
  EXPECT_EQ(program->ends, std::vector{std::optional<int>()});
  EXPECT_EQ(fork->ends, std::vector{std::optional<int>()});
}

class spawner_end : public testing::in_session {};
INSTANTIATE_TEST_SUITE_P(session, spawner_end, ::testing::Bool(), testing::isolation_name);

TEST_P(spawner_end, by_a_kill_is_told_once_and_costs_no_living_session) {
  const auto program = start_until(script("echo ready; sleep 0.2; exit 4"), "ready");
  ASSERT_EQ(::kill(spawner->pid(), SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return spawner_deaths > 0 && !program->ends.empty(); }));
  EXPECT_EQ(program->ends, std::vector{std::optional(W_EXITCODE(4, 0))});
  EXPECT_EQ(run(script("echo still here"))->text, "still here\n");
  EXPECT_EQ(spawner_deaths, 1);
  EXPECT_TRUE(init->lost.empty());
  EXPECT_EQ(::waitpid(spawner->pid(), nullptr, 0), spawner->pid());
}

TEST_P(spawner_end, makes_a_request_for_an_init_end_as_lost) {
  ASSERT_EQ(::kill(spawner->pid(), SIGKILL), 0);
  ASSERT_EQ(::waitpid(spawner->pid(), nullptr, 0), spawner->pid());
  const auto late = testing::start_init(io, spawner->spawn({GetParam(), false}));
  ASSERT_TRUE(wait_until([&] { return !late->lost.empty(); }));
  EXPECT_FALSE(late->identity);
  EXPECT_EQ(late->lost.size(), 1u);
}

TEST_P(spawner_end, by_its_owners_will_is_not_told_and_costs_no_living_session) {
  const pid_t pid = spawner->pid();
  spawner.reset();
  int status = -1;
  ASSERT_TRUE(wait_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(spawner_deaths, 0);
  EXPECT_EQ(run(script("echo still here"))->text, "still here\n");
}

} // namespace
} // namespace sandboxd::launcher
