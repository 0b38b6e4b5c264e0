#include "actors/executor_pool.hpp"
#include "actors/fork_server.hpp"
#include "tests/actors/given_inits.hpp"

#include <gmock/gmock.h>

#include <string>

namespace sandboxd::actors {
namespace {

class fork_server_world : public testing::interpreter_world {
protected:
  fork_server_actor actor;
  std::vector<std::shared_ptr<launcher::fork_server_link>> links; ///< with forks that live

  void TearDown() override {
    actor = nullptr;
    interpreter_world::TearDown();
  }
  template <class Message>
  void tell(Message message) {
    caf::anon_send(actor, std::move(message));
    run();
  }
  /// Has fork server number `generation` come up.
  void come_up(std::uint64_t generation = 1) {
    tell(start_fork_server{});
    tell(init_ready{});
    tell(fork_server_ready{generation, "3.11.2", ""});
  }
  /// Of the one that serves, which does not answer.
  void ask_for_a_fork() {
    links.push_back(pool->changes.back().server.link);
    links.back()->fork(launcher::new_session_lineage(), launcher::make_executor_channels().theirs,
                       {[](const std::string&, bool) {}, {}, {}, {}});
    context->io.restart();
    context->io.poll();
  }
  /// "link", the problem or "none", for each change the pool has heard of since the actor is there.
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const auto& change : pool->changes)
      all.push_back(change.server.link ? "link" : change.refusal ? change.refusal->detail : "none");
    EXPECT_EQ(all.at(0), "none") << "the actor has begun";
    all.erase(all.begin());
    return all;
  }
};

class fork_server_owner : public fork_server_world {
protected:
  void SetUp() override {
    fork_server_world::SetUp();
    spawn_at(paths::executor_pool("python"), testing::told_pool_behavior, pool);
    actor = spawn_at(paths::interpreters + "/python/fork-server", fork_server_behavior, context);
    run();
  }
};

/// Its pool is the real one.
using fork_server_with_a_pool = fork_server_world;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(fork_server_owner, starts_one_when_the_pool_wants_it) {
  advance(std::chrono::hours(1));
  EXPECT_EQ(inits->asked, 0);
  tell(start_fork_server{});
  EXPECT_EQ(inits->asked, 1);
  tell(init_ready{});
  EXPECT_THAT(told(), IsEmpty()) << "it takes no requests yet";
  tell(fork_server_ready{1, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link"));
  tell(start_fork_server{});
  EXPECT_EQ(inits->asked, 1) << "it is there";
}

TEST_F(fork_server_owner, starts_another_below_the_same_init_when_it_dies) {
  come_up();
  tell(fork_server_lost{1, "it ended with exit code 1"});
  EXPECT_THAT(told(), ElementsAre("link", "none")) << "who wants a context waits";
  advance(longest_pause);
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none", "link"));
  EXPECT_EQ(inits->asked, 1) << "executors live on below it";
}

/// The pool asks again as soon as it hears that there is none, and clients may want a reload.
TEST_F(fork_server_owner, starts_no_other_before_its_pause_is_over_whoever_asks) {
  come_up();
  tell(fork_server_lost{1, "by signal 9"});
  tell(start_fork_server{});
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none")) << "nothing has begun";
  EXPECT_TRUE(asked.empty());
  advance(longest_pause);
  tell(fork_server_ready{2, "3.11.3", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none", "link"));
  EXPECT_EQ(asked.value(), "3.11.3");
}

/// The end of its socket is known before its status, which tells that there is no program.
TEST_F(fork_server_owner, waits_for_the_status_of_one_that_ends_without_a_word) {
  tell(start_fork_server{});
  tell(init_ready{});
  tell(fork_server_lost{1, ""});
  EXPECT_THAT(told(), IsEmpty());
  tell(fork_server_lost{1, "there is no program 'python3'", true});
  EXPECT_THAT(told(), ElementsAre("there is no program 'python3'"));
  advance(longest_pause);
  tell(fork_server_lost{2, ""});
  advance(std::chrono::milliseconds(200));
  EXPECT_EQ(told().back(), "it has ended") << "nobody tells its status";
}

TEST_F(fork_server_owner, gives_up_an_init_that_does_not_start_in_time) {
  settings->interpreter.start_timeout = std::chrono::seconds(7);
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  advance(std::chrono::seconds(7));
  context->io.restart();
  context->io.poll();
  run();
  EXPECT_EQ(asked.failure_code(), error_code::interpreter_not_ready) << "that says nothing against Python";
  EXPECT_THAT(told(), ElementsAre("it did not start in time"));
  advance(longest_pause);
  EXPECT_EQ(inits->asked, 2);
}

/// The time of the init begins when there is one: until then the launcher has a limit of its own.
TEST_F(fork_server_owner, gives_up_an_init_that_came_late) {
  settings->interpreter.start_timeout = std::chrono::seconds(7);
  inits->answers = false;
  tell(start_fork_server{});
  advance(std::chrono::seconds(8));
  caf::anon_send(tree->actors->find<launcher_actor>(paths::launcher), start_spawner{});
  run();
  EXPECT_EQ(inits->theirs.size(), 1u);
  advance(std::chrono::seconds(7));
  context->io.restart();
  context->io.poll();
  run();
  EXPECT_THAT(told(), ElementsAre("it did not start in time"));
}

TEST_F(fork_server_owner, gives_each_attempt_its_own_time) {
  settings->interpreter.start_timeout = std::chrono::seconds(7);
  tell(start_fork_server{});
  advance(std::chrono::seconds(4));
  tell(init_lost{"by signal 9"});
  advance(longest_pause);
  tell(init_ready{});
  advance(std::chrono::seconds(3)); // seven since the first attempt began
  EXPECT_THAT(told(), ElementsAre("by signal 9"));
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("by signal 9", "link"));
}

/// Its socket and its program tell of the same end, and both may be late.
TEST_F(fork_server_owner, hears_of_an_end_once) {
  come_up();
  tell(fork_server_lost{1, "the fork server has ended"});
  tell(fork_server_lost{1, "it ended with exit code 1"});
  advance(longest_pause);
  tell(fork_server_ready{1, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none"));
}

TEST_F(fork_server_owner, tells_why_none_begins) {
  come_up();
  tell(fork_server_lost{1, "it ended with exit code 1"});
  advance(longest_pause);
  tell(fork_server_lost{2, "it ended with exit code 2"});
  EXPECT_THAT(told(), ElementsAre("link", "none", "it ended with exit code 2"));
}

/// Killed while it starts again, it says nothing against Python; that there is no program does.
TEST_F(fork_server_owner, asks_for_patience_where_one_has_served_before) {
  come_up();
  tell(fork_server_lost{1, "by signal 9"});
  advance(longest_pause);
  tell(fork_server_lost{2, "by signal 9"});
  EXPECT_EQ(pool->changes.back().refusal.value().code, error_code::interpreter_not_ready);
  advance(longest_pause);
  tell(fork_server_lost{3, "there is no program 'python3'", true});
  EXPECT_EQ(pool->changes.back().refusal.value().code, error_code::python_not_available);
}

/// It may be what it has imported: who waits for a context shall know that there will be none.
TEST_F(fork_server_owner, tells_why_when_they_end_before_they_have_forked_once) {
  come_up();
  for (const std::uint64_t idle : {1u, 2u, 3u}) {
    tell(fork_server_lost{idle, "it ended by signal 11"});
    advance(longest_pause);
    tell(fork_server_ready{idle + 1, "3.11.2", ""});
  }
  EXPECT_THAT(told(), ElementsAre("link", "none", "link", "none", "link", "none", "link"))
      << "nobody asked them";
  ask_for_a_fork();
  tell(fork_server_lost{4, "it ended by signal 11"});
  advance(longest_pause);
  tell(fork_server_ready{5, "3.11.2", ""});
  ask_for_a_fork();
  tell(fork_server_lost{5, "it ended by signal 11"});
  EXPECT_EQ(told().back(), "it ended by signal 11");
  EXPECT_EQ(pool->changes.back().refusal.value().code, error_code::interpreter_not_ready);
}

/// Its socket and its status tell of it in any order; nobody may tell its status at all.
TEST_F(fork_server_owner, notes_how_one_that_served_has_ended) {
  std::uint64_t generation = 0;
  const auto noted = [this] { return tree->events.read().back().text; };
  for (const std::vector<std::string>& ends :
       {std::vector<std::string>{"", "by signal 9"}, {"by signal 9", ""}, {""}}) {
    come_up(++generation);
    for (const auto& end : ends)
      tell(fork_server_lost{generation, end});
    EXPECT_EQ(told().back(), "none") << "at once";
    advance(std::chrono::milliseconds(200));
    EXPECT_THAT(noted(), ::testing::HasSubstr(ends.size() == 1 ? "lost: it has ended" : "lost: by signal 9"));
    advance(longest_pause);
  }
}

TEST_F(fork_server_owner, notes_that_one_that_served_is_lost_with_its_init) {
  come_up();
  tell(init_lost{"by signal 9"});
  EXPECT_THAT(tree->events.read(),
              ::testing::Contains(::testing::Field(&supervision::journal_event::text,
                                                   ::testing::HasSubstr("lost with its init: by signal 9"))));
}

/// Neither where one has served nor where none has.
TEST_F(fork_server_owner, holds_the_loss_of_an_init_against_no_python) {
  tell(start_fork_server{});
  tell(init_ready{});
  tell(init_lost{"by signal 9"});
  EXPECT_EQ(pool->changes.back().refusal.value().code, error_code::interpreter_not_ready);
}

TEST_F(fork_server_owner, lets_nobody_wait_for_a_pause_that_is_longer_than_a_start) {
  settings->supervision.backoff_base = settings->supervision.backoff_max = std::chrono::hours(1);
  settings->interpreter.start_timeout = std::chrono::seconds(7);
  actor = spawn_at(paths::interpreters + "/python/fork-server", fork_server_behavior, context);
  come_up();
  tell(fork_server_lost{1, "by signal 9"});
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  EXPECT_EQ(asked.failure_code(), error_code::interpreter_not_ready);
  EXPECT_GT(std::get<failure>(asked.all->at(0)).retry_after, 1200u);
}

TEST_F(fork_server_owner, starts_a_new_one_beside_it_on_demand) {
  come_up();
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  EXPECT_TRUE(asked.empty());
  EXPECT_THAT(told(), ElementsAre("link")) << "the first one goes on";
  tell(fork_server_ready{2, "3.11.3", ""});
  tell(fork_server_lost{1, "late news"});
  EXPECT_EQ(asked.value(), "3.11.3");
  EXPECT_THAT(told(), ElementsAre("link", "link"));
  EXPECT_EQ(inits->asked, 1);
}

TEST_F(fork_server_owner, starts_a_new_one_when_packages_have_changed) {
  come_up();
  tell(fork_server_stale{1});
  tell(fork_server_stale{1}); // of the one that is being replaced
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "link"));
  settings->interpreter.python_reload = false;
  tell(fork_server_stale{2});
  tell(fork_server_ready{3, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "link")) << "there is no third";
}

TEST_F(fork_server_owner, keeps_the_one_that_serves_when_a_new_one_does_not_begin) {
  come_up();
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  tell(fork_server_lost{2, "it ended with exit code 1"});
  EXPECT_EQ(asked.failure_code(), error_code::interpreter_not_ready) << "one serves: Python is there";
  EXPECT_THAT(told(), ElementsAre("link"));
  advance(longest_pause);
  tell(fork_server_ready{3, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link")) << "nobody has asked for a third";
}

TEST_F(fork_server_owner, starts_one_new_one_at_a_time_and_one_more_for_all_who_asked_meanwhile) {
  come_up();
  std::vector<testing::recorded_answers<std::string>> asked(12);
  for (auto& one : asked)
    tell(reload_fork_server{one.reply()});
  tell(fork_server_ready{2, "3.11.3", ""});
  EXPECT_EQ(asked[0].value(), "3.11.3");
  EXPECT_TRUE(asked[1].empty()) << "it may not have seen what they want";
  tell(fork_server_ready{3, "3.11.4", ""});
  for (std::size_t i = 1; i < asked.size(); ++i)
    EXPECT_EQ(asked[i].value(), "3.11.4");
  tell(fork_server_ready{4, "3.11.5", ""});
  EXPECT_THAT(told(), ElementsAre("link", "link", "link")) << "no fourth";
}

TEST_F(fork_server_owner, goes_on_with_the_new_one_when_the_one_before_dies_meanwhile) {
  come_up();
  tell(fork_server_stale{1});
  tell(fork_server_lost{1, "by signal 9"});
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none", "link"));
  advance(longest_pause);
  tell(fork_server_ready{3, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link", "none", "link"));
}

TEST_F(fork_server_owner, starts_one_on_demand_that_nobody_has_wanted_yet) {
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  tell(reload_fork_server{asked.reply()});
  EXPECT_EQ(inits->asked, 1);
  tell(init_ready{});
  tell(fork_server_lost{1, "it ended with exit code 127"});
  EXPECT_EQ(asked.all->size(), 2u);
  EXPECT_EQ(std::get<failure>(asked.all->at(0)).code, error_code::python_not_available);
}

TEST_F(fork_server_owner, gives_up_one_that_does_not_start_in_time) {
  settings->interpreter.start_timeout = std::chrono::seconds(7);
  come_up();
  advance(std::chrono::seconds(20));
  EXPECT_THAT(told(), ElementsAre("link")) << "one that serves has no time limit";
  testing::recorded_answers<std::string> asked;
  testing::recorded_answers<std::string> asked_later;
  tell(reload_fork_server{asked.reply()});
  tell(reload_fork_server{asked_later.reply()});
  advance(std::chrono::milliseconds(6999));
  EXPECT_TRUE(asked.empty());
  advance(std::chrono::milliseconds(1));
  EXPECT_EQ(asked.failure_code(), error_code::interpreter_not_ready);
  EXPECT_TRUE(asked_later.empty()) << "the next one is for it";
  tell(fork_server_ready{2, "3.11.2", ""});
  EXPECT_THAT(told(), ElementsAre("link")) << "it comes too late";
  advance(std::chrono::seconds(7));
  EXPECT_EQ(asked_later.failure_code(), error_code::interpreter_not_ready);
  EXPECT_THAT(told(), ElementsAre("link"));
}

TEST_F(fork_server_owner, leaves_nobody_who_asked_without_an_answer) {
  come_up();
  testing::recorded_answers<std::string> asked;
  tell(reload_fork_server{asked.reply()});
  tell(reload_fork_server{asked.reply()});
  tell(fork_server_lost{1, "by signal 9"});
  tell(fork_server_lost{2, "it ended with exit code 1"});
  EXPECT_EQ(asked.all->size(), 2u);
}

/// The ends of the programs below it are told before its own.
TEST_F(fork_server_owner, has_another_init_when_it_is_lost) {
  come_up();
  tell(fork_server_lost{1, "its init is gone"});
  tell(init_lost{"by signal 9"});
  EXPECT_THAT(told(), ElementsAre("link", "none")) << "who wants a context waits";
  advance(longest_pause);
  EXPECT_EQ(inits->asked, 2);
  tell(init_lost{"by signal 9"}); // before any program began
  EXPECT_THAT(told(), ElementsAre("link", "none", "by signal 9"));
  advance(longest_pause);
  EXPECT_EQ(inits->asked, 3);
}

TEST_F(fork_server_owner, has_another_init_when_it_is_lost_with_two_of_them) {
  come_up();
  tell(fork_server_stale{1});
  tell(fork_server_lost{1, "its init is gone"});
  tell(fork_server_lost{2, "its init is gone"});
  tell(init_lost{"by signal 9"});
  EXPECT_THAT(told(), ElementsAre("link", "none", "none"));
  advance(longest_pause);
  EXPECT_EQ(inits->asked, 2);
}

/// The kernel ends the namespace with its first process; where there is none of its own, executors may live
/// on.
TEST_F(fork_server_owner, dooms_the_executors_of_a_namespace_that_ends) {
  std::uint64_t generation = 0;
  for (const bool isolated : {true, false}) {
    std::vector<std::string> problems(2, "none told");
    tell(start_fork_server{});
    tell(init_ready{{.isolated = isolated, .isolation_problem = {}}});
    for (auto& problem : problems) { // the first of two is lost before, its forks live on
      tell(fork_server_ready{++generation, "3.11.2", ""});
      const auto link = pool->changes.back().server.link;
      links.push_back(link);
      link->fork(launcher::new_session_lineage(), launcher::make_executor_channels().theirs,
                 {[&](const std::string& why, bool) { problem = why; }, {}, {}, {}});
      if (&problem == &problems.front()) {
        tell(fork_server_lost{generation, "by signal 9"});
        advance(longest_pause);
      }
    }
    tell(fork_server_lost{generation, "its init is gone"});
    tell(init_lost{"by signal 9"});
    context->io.restart();
    context->io.poll();
    EXPECT_THAT(problems, ::testing::Each(isolated ? "its init has ended" : "none told"));
    advance(longest_pause);
  }
}

TEST_F(fork_server_owner, tries_again_when_there_is_no_init) {
  inits->problem = no_init();
  tell(start_fork_server{});
  ASSERT_EQ(told().size(), 1u);
  EXPECT_THAT(told()[0], ::testing::HasSubstr("no room"));
  advance(longest_pause);
  const int tried = inits->asked;
  EXPECT_GE(tried, 2);
  EXPECT_EQ(told().size(), static_cast<std::size_t>(tried)) << "the pool hears of each";
  inits->problem.reset();
  advance(longest_pause);
  EXPECT_EQ(inits->asked, tried + 1);
  advance(longest_pause);
  EXPECT_EQ(inits->asked, tried + 1) << "there is one";
}

TEST_F(fork_server_owner, waits_no_longer_than_it_must_for_an_init) {
  inits->answers = false;
  tell(start_fork_server{});
  EXPECT_THAT(told(), IsEmpty());
  advance(settings->launcher.spawn_timeout);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_NE(told()[0], "link");
  EXPECT_NE(told()[0], "");
}

/// By a pool that has asked before.
TEST_F(fork_server_with_a_pool, is_asked_again_after_a_crash) {
  settings->interpreter.python = {1, 0};
  const std::string python = paths::interpreters + "/python";
  const auto executors = std::make_shared<testing::obedient_supervisor>();
  spawn_at(python + "/executors", testing::obedient_supervisor_behavior, executors);
  const auto real_pool = spawn_at(python + "/pool", executor_pool_behavior, context, language::python);
  actor = spawn_at(python + "/fork-server", fork_server_behavior, context);
  advance(std::chrono::seconds(1));
  EXPECT_EQ(inits->asked, 1);
  tell(init_ready{});
  tell(fork_server_ready{1, "3.11.2", ""});
  EXPECT_THAT(executors->started, ElementsAre("1"));
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  run();
  actor = spawn_at(python + "/fork-server", fork_server_behavior, context); // as its supervisor does
  executor_leaves lost;
  lost.number = 1;
  lost.cause = "with its fork server";
  caf::anon_send(real_pool, lost);
  advance(std::chrono::seconds(1));
  EXPECT_EQ(inits->asked, 2);
  *executors = {};
}

} // namespace
} // namespace sandboxd::actors
