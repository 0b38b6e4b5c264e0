#include "actors/checkout.hpp"
#include "actors/local_git_client.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

namespace sandboxd::actors {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct given_commands {
  std::vector<run_command> commands;
};

struct command_taker_state {
  static inline const char* name = "command-taker";
};

session_manager_actor::behavior_type
command_taker(supervision::typed_stateful_pointer<command_taker_state, session_manager_actor>,
              std::shared_ptr<given_commands> known) {
  return {
      [](const create_session&) {}, [](const list_sessions&) {},
      [](const delete_session&) {}, [=](const run_command& command) { known->commands.push_back(command); },
      [](const locate_files&) {},
  };
}

/// One clone whose helper is the test.
class checkout : public testing::sandbox_world {
protected:
  std::shared_ptr<given_commands> given = std::make_shared<given_commands>();
  std::shared_ptr<std::atomic<bool>> called_off = std::make_shared<std::atomic<bool>>(false);
  testing::recorded_answers<git::clone_result> answers;
  std::vector<std::string> progress;
  std::vector<std::function<void()>> terminations;
  std::size_t granted = 0;
  checkout_actor actor;

  void TearDown() override {
    actor = nullptr;
    given->commands.clear();
    sandbox_world::TearDown();
  }

  void begin(bool with_manager = true) {
    if (with_manager)
      spawn_at(paths::session_manager, command_taker, given);
    start_checkout order;
    order.request.session = "s";
    order.request.order = {"https://me:secret-word@host/a.git", "dir", "", {}, {"https"}};
    order.request.timeout = 60s;
    order.on_progress = [this](const git::clone_progress& now) { progress.push_back(now.phase); };
    order.done = answers.reply();
    order.called_off = called_off;
    actor = spawn_at(paths::git + "/1", checkout_behavior, context, order);
    run();
  }
  const observer_handle& observer() { return given->commands.at(0).observer; }
  void helper_starts() {
    command_control control;
    control.grant = [this](std::size_t bytes) { granted += bytes; };
    control.terminate = [this](std::function<void()> gone) { terminations.push_back(std::move(gone)); };
    observer().started(std::move(control));
    run();
  }
  void helper_prints(const std::string& text) {
    observer().output(output_stream::out, text);
    run();
  }
  void helper_ends(int exit_code = 0) {
    command_outcome outcome;
    outcome.exit_code = exit_code;
    observer().finished(std::move(outcome));
    run();
  }
  void everything_is_gone() {
    for (const auto& gone : std::exchange(terminations, {}))
      gone();
    run();
  }
  [[nodiscard]] bool lives() const { return tree->actors->find(paths::git + "/1") != nullptr; }
};

TEST_F(checkout, runs_its_helper_as_a_command_without_the_clients_words) {
  begin();
  ASSERT_EQ(given->commands.size(), 1u);
  const auto& request = given->commands[0].request;
  EXPECT_EQ(request.session, "s");
  EXPECT_EQ(request.mode, run_mode::background);
  EXPECT_EQ(request.command, "builtin exec '/programs/git/sandboxd-git-worker'");
  ASSERT_EQ(request.env.size(), 1u);
  EXPECT_EQ(request.env[0].first, "SANDBOXD_GIT_ORDER");
  EXPECT_EQ(git::parse_order(request.env[0].second)->url, "https://me:secret-word@host/a.git");
  EXPECT_THAT(tree->actors->record(paths::git + "/1")->status(), Not(HasSubstr("secret-word")));
}

TEST_F(checkout, tells_progress_and_answers_the_result_when_the_helper_has_ended) {
  begin();
  helper_starts();
  EXPECT_GT(granted, 0u);
  helper_prints("noise of the shell\n" + git::to_line(git::clone_progress{"receiving", 1, 2, 3}));
  EXPECT_THAT(progress, ElementsAre("receiving"));
  helper_prints(git::to_line(git::clone_result{0, "to https://me:secret-word@host", "main", "", ""}));
  EXPECT_TRUE(answers.all->empty()) << "it still runs";
  helper_ends();
  ASSERT_EQ(answers.all->size(), 1u);
  const auto& result = std::get<git::clone_result>(answers.all->at(0));
  EXPECT_EQ(result.branch, "main");
  EXPECT_EQ(result.standard_error, "to https://******@host");
  EXPECT_FALSE(lives());
}

TEST_F(checkout, answers_an_error_when_the_helper_ends_without_a_result) {
  begin();
  helper_starts();
  helper_ends(127);
  EXPECT_EQ(answers.failure_code(), error_code::command_execution_error);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, passes_on_that_its_session_is_gone) {
  begin();
  helper_starts();
  observer().failed({error_code::session_destroyed, "Session 's' was destroyed", "s"});
  run();
  EXPECT_EQ(answers.failure_code(), error_code::session_destroyed);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, is_unavailable_without_sessions) {
  begin(false);
  EXPECT_EQ(answers.failure_code(), error_code::unavailable);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, is_ended_when_its_time_is_over_and_answers_when_nothing_is_left) {
  begin();
  helper_starts();
  advance(59s);
  EXPECT_TRUE(terminations.empty());
  advance(2s);
  ASSERT_EQ(terminations.size(), 1u);
  helper_ends(143);
  EXPECT_TRUE(answers.all->empty()) << "what it has started may live";
  everything_is_gone();
  EXPECT_EQ(answers.failure_code(), error_code::command_timeout);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, answers_within_a_bound_when_its_end_is_never_told) {
  begin();
  helper_starts();
  advance(60s);
  ASSERT_EQ(terminations.size(), 1u);
  advance(settings->session.kill_grace + 5s);
  EXPECT_TRUE(answers.all->empty());
  advance(2s);
  EXPECT_EQ(answers.failure_code(), error_code::command_timeout);
}

TEST_F(checkout, that_waits_for_its_session_is_answered_at_its_time_and_never_begins) {
  begin();
  advance(60s);
  EXPECT_EQ(answers.failure_code(), error_code::command_timeout);
  EXPECT_TRUE(lives()) << "its command still waits";
  helper_starts();
  EXPECT_GE(terminations.size(), 1u);
  everything_is_gone();
  helper_ends(143);
  EXPECT_FALSE(lives());
  EXPECT_EQ(answers.all->size(), 1u);
}

TEST_F(checkout, is_ended_when_nobody_wants_it) {
  begin();
  helper_starts();
  caf::anon_send(actor, cancel_checkout{});
  run();
  ASSERT_EQ(terminations.size(), 1u);
  helper_prints(git::to_line(git::clone_progress{"receiving", 1, 2, 3}));
  EXPECT_TRUE(progress.empty()) << "nobody listens";
  everything_is_gone();
  helper_ends(143);
  EXPECT_EQ(answers.all->size(), 1u);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, that_was_called_off_on_its_way_never_begins) {
  *called_off = true;
  begin();
  EXPECT_TRUE(given->commands.empty());
  EXPECT_EQ(answers.all->size(), 1u);
  EXPECT_FALSE(lives());
}

TEST_F(checkout, is_ended_and_answered_by_a_crash_of_its_actor) {
  begin();
  helper_starts();
  ASSERT_TRUE(tree->actors->inject_fault(paths::git + "/1"));
  helper_prints(git::to_line(git::clone_progress{"receiving", 1, 2, 3}));
  EXPECT_EQ(terminations.size(), 1u);
  EXPECT_EQ(answers.failure_code(), error_code::internal_error);
}

TEST_F(checkout, is_ended_by_a_polite_exit) {
  begin();
  helper_starts();
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  run();
  ASSERT_EQ(terminations.size(), 1u);
  EXPECT_TRUE(answers.all->empty());
  helper_ends(143);
  everything_is_gone();
  EXPECT_EQ(answers.failure_code(), error_code::shutting_down);
  EXPECT_FALSE(lives());
}

class checkouts : public testing::sandbox_world {
protected:
  std::shared_ptr<testing::obedient_supervisor> supervisor = std::make_shared<testing::obedient_supervisor>();
  std::shared_ptr<git_client> client = make_local_git_client(tree->actors, context);
  testing::recorded_answers<git::clone_result> answers;

  std::function<void()> ask() { return client->checkout({}, nullptr, answers.reply()); }
};

TEST_F(checkouts, are_unavailable_without_their_supervisor) {
  ask();
  EXPECT_EQ(answers.failure_code(), error_code::unavailable);
}

TEST_F(checkouts, are_refused_beyond_their_bound) {
  settings->git.max_concurrent = 2;
  context->use(settings);
  spawn_at(paths::git, testing::obedient_supervisor_behavior, supervisor);
  run();
  ask();
  ask()(); // calling off what has not begun does no harm
  run();
  EXPECT_THAT(supervisor->started, ElementsAre("1", "2"));
  // Nobody keeps what such a supervisor was told to start, so that both are over and answered by now.
  EXPECT_EQ(answers.all->size(), 2u);
  const auto permit = launcher::hold(context->clones, 2);
  ASSERT_TRUE(permit) << "their share was given back";
  ask();
  EXPECT_EQ(answers.all->size(), 3u);
  EXPECT_EQ(std::get<failure>(answers.all->at(2)).code, error_code::too_busy);
  EXPECT_EQ(supervisor->started.size(), 2u);
}

} // namespace
} // namespace sandboxd::actors
