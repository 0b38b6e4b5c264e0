#include "actors/session_manager.hpp"
#include "supervision/errors.hpp"
#include "tests/actors/sandbox_world.hpp"

namespace sandboxd::actors {
namespace {

using testing::recorded_answers;
using testing::recording_observer;
using testing::recording_observer_ptr;
using strings = std::vector<std::string>;

class manager : public testing::sandbox_world {
protected:
  std::shared_ptr<testing::obedient_supervisor> sessions = std::make_shared<testing::obedient_supervisor>();
  std::shared_ptr<testing::obedient_supervisor> executions = std::make_shared<testing::obedient_supervisor>();
  std::map<std::string, std::shared_ptr<testing::idle_session>> idle; ///< by child id
  session_manager_actor actor;

  void SetUp() override {
    spawn_at(paths::sessions, testing::obedient_supervisor_behavior, sessions);
    spawn_at(paths::executions, testing::obedient_supervisor_behavior, executions);
    start_manager();
  }

  void TearDown() override {
    actor = nullptr;
    for (const auto& known : {sessions, executions})
      *known = {};
    sandbox_world::TearDown();
  }

  void start_manager() {
    actor = spawn_at(paths::session_manager, session_manager_behavior, context);
    run();
  }

  recorded_answers<session_created> create(const std::string& id, if_exists existing = if_exists::refuse) {
    recorded_answers<session_created> answers;
    session_options options;
    options.id = id;
    caf::anon_send(actor, create_session{options, existing, answers.reply()});
    run();
    return answers;
  }

  recording_observer_ptr execute(const std::string& id, if_missing missing = if_missing::create,
                                 run_mode mode = run_mode::foreground) {
    auto observer = std::make_shared<recording_observer>();
    run_command command;
    command.request.session = id;
    command.request.command = "echo";
    command.request.missing = missing;
    command.request.mode = mode;
    command.observer = observer_handle(observer);
    caf::anon_send(actor, std::move(command));
    run();
    return observer;
  }

  recorded_answers<std::string> remove(const std::string& id) {
    recorded_answers<std::string> answers;
    caf::anon_send(actor, delete_session{id, answers.reply()});
    run();
    return answers;
  }

  strings list() {
    const recorded_answers<strings> answers;
    caf::anon_send(actor, list_sessions{answers.reply()});
    run();
    return answers.value().value_or(strings{"no answer"});
  }

  /// Lets a session that is being started come up; returns its tree.
  caf::actor come_up(const std::string& child) {
    idle[child] = std::make_shared<testing::idle_session>();
    spawn_at(paths::sessions + '/' + child + "/session", testing::idle_session_behavior, idle[child]);
    auto made = spawn_tree();
    settle(paths::sessions, *sessions, child, caf::actor_cast<caf::strong_actor_ptr>(made));
    return made;
  }

  void fail_to_come_up(const std::string& child) {
    settle(paths::sessions, *sessions, child, start_failed("no bash"));
  }

  void settle(const std::string& path, testing::obedient_supervisor& supervisor, const std::string& child,
              caf::expected<caf::strong_actor_ptr> outcome) {
    supervisor.outcomes.insert_or_assign(child, std::move(outcome));
    caf::anon_send(tree->actors->find<supervision::supervisor_actor>(path),
                   supervision::restart_due{child, 0});
    run();
  }

  static caf::error start_failed(const std::string& text) {
    return supervision::make_supervision_error(supervision::supervision_error::start_failed, text);
  }
};

TEST_F(manager, answers_a_creation_when_the_session_is_ready) {
  const auto created = create("a");
  EXPECT_TRUE(created.empty());
  EXPECT_EQ(sessions->started, strings{"1"});
  come_up("1");
  ASSERT_TRUE(created.value());
  EXPECT_EQ(created.value()->id, "a");
  EXPECT_TRUE(created.value()->created);
  EXPECT_EQ(list(), strings{"a"});
}

/// HTTP.md 1.2: a bearer token may be the id, and the paths of the tree are logged.
TEST_F(manager, keeps_the_id_of_a_session_out_of_the_tree) {
  create("secret-token");
  execute("second/secret");
  EXPECT_EQ(sessions->started, (strings{"1", "2"}));
}

TEST_F(manager, refuses_or_reuses_a_session_that_exists) {
  create("a");
  come_up("1");
  EXPECT_EQ(create("a", if_exists::refuse).failure_code(), error_code::session_already_exists);
  const auto reused = create("a", if_exists::reuse).value();
  ASSERT_TRUE(reused);
  EXPECT_FALSE(reused->created);
  EXPECT_EQ(sessions->started.size(), 1u);
}

TEST_F(manager, replaces_a_session_that_lost_its_state_when_it_is_created_again) {
  create("a");
  come_up("1");
  idle["1"]->blank = true;
  const auto created = create("a", if_exists::refuse);
  EXPECT_TRUE(idle["1"]->closed);
  EXPECT_EQ(sessions->terminated, strings{"1"});
  EXPECT_TRUE(created.empty());
  come_up("2");
  ASSERT_TRUE(created.value());
  EXPECT_TRUE(created.value()->created);
  EXPECT_EQ(list(), strings{"a"});
  EXPECT_EQ(create("a", if_exists::refuse).failure_code(), error_code::session_already_exists);
}

TEST_F(manager, makes_one_session_of_creations_at_the_same_time) {
  const auto first = create("a");
  const auto second = create("a", if_exists::refuse);
  const auto third = create("a", if_exists::reuse);
  EXPECT_EQ(sessions->started.size(), 1u);
  come_up("1");
  EXPECT_TRUE(first.value() && first.value()->created);
  EXPECT_EQ(second.failure_code(), error_code::session_already_exists);
  EXPECT_TRUE(third.value() && !third.value()->created);
}

TEST_F(manager, lists_sessions_in_order_of_their_creation) {
  EXPECT_EQ(list(), strings{});
  for (const std::string id : {"c", "a", "b"})
    create(id);
  EXPECT_EQ(list(), (strings{"c", "a", "b"}));
}

TEST_F(manager, holds_commands_until_the_session_is_ready_and_keeps_their_order) {
  const auto first = execute("a");
  const auto created = create("a", if_exists::reuse);
  const auto second = execute("a");
  EXPECT_EQ(sessions->started, strings{"1"});
  EXPECT_TRUE(first->story.empty());
  come_up("1");
  EXPECT_TRUE(created.value());
  ASSERT_EQ(idle["1"]->commands.size(), 2u);
  idle["1"]->commands[0].observer.finished({});
  EXPECT_EQ(first->story, strings{"finished"});
  EXPECT_TRUE(second->story.empty());
  execute("a");
  EXPECT_EQ(idle["1"]->commands.size(), 3u) << "and goes on at once from now on";
  EXPECT_EQ(sessions->started.size(), 1u);
}

TEST_F(manager, makes_no_session_for_a_command_that_asks_for_none) {
  EXPECT_EQ(execute("a", if_missing::refuse)->failure_code(), error_code::session_not_found);
  EXPECT_TRUE(sessions->started.empty());
}

TEST_F(manager, bounds_the_commands_that_wait_for_a_start) {
  settings->session.max_queued_commands = 2;
  const std::vector waiting{execute("a"), execute("a")};
  EXPECT_EQ(execute("a")->failure_code(), error_code::too_busy);
  for (const auto& command : waiting)
    EXPECT_TRUE(command->story.empty());
}

TEST_F(manager, tells_where_files_are_by_the_session_or_from_the_workspace) {
  settings->sandbox.workspace = "/the/workspace";
  context->use(settings);
  const auto locate = [&](const std::string& id, if_missing missing) {
    const recorded_answers<file_place> answers;
    caf::anon_send(actor, locate_files{id, missing, answers.reply()});
    run();
    const auto place = answers.value();
    return place ? place->directory : "refused";
  };
  EXPECT_EQ(locate("a", if_missing::create), "/the/workspace");
  EXPECT_EQ(locate("a", if_missing::refuse), "refused");
  EXPECT_TRUE(sessions->started.empty()) << "no session is made for it";
  create("a");
  EXPECT_EQ(locate("a", if_missing::refuse), "/the/workspace") << "it still comes up";
  come_up("1");
  EXPECT_EQ(locate("a", if_missing::refuse), "/where/the/session/is");
}

TEST_F(manager, fails_everything_that_waits_when_the_session_does_not_start) {
  const auto created = create("a");
  const auto command = execute("a");
  fail_to_come_up("1");
  EXPECT_EQ(created.failure_code(), error_code::command_execution_error);
  EXPECT_EQ(command->failure_code(), error_code::command_execution_error);
  EXPECT_EQ(command->failures[0].session, "a");
  EXPECT_NE(command->failures[0].detail.find("no bash"), std::string::npos);
  EXPECT_EQ(list(), strings{});
  create("a");
  EXPECT_EQ(sessions->started, (strings{"1", "2"})) << "the next attempt is a new one";
}

TEST_F(manager, gives_a_start_up_that_takes_too_long) {
  settings->session.start_timeout = std::chrono::seconds(2);
  const auto created = create("a");
  advance(std::chrono::milliseconds(5900));
  EXPECT_TRUE(created.empty());
  advance(std::chrono::milliseconds(200));
  EXPECT_EQ(created.failure_code(), error_code::command_execution_error);
  EXPECT_EQ(list(), strings{});
}

TEST_F(manager, deletes_a_session_at_once_for_its_clients) {
  create("a");
  come_up("1");
  EXPECT_EQ(remove("a").value(), "a");
  EXPECT_TRUE(idle["1"]->closed);
  EXPECT_EQ(sessions->terminated, strings{"1"});
  EXPECT_EQ(list(), strings{});
  EXPECT_EQ(remove("a").failure_code(), error_code::session_not_found);
  EXPECT_EQ(execute("a", if_missing::refuse)->failure_code(), error_code::session_not_found);
}

TEST_F(manager, deletes_a_session_that_is_being_started) {
  const auto created = create("a");
  const auto command = execute("a");
  EXPECT_EQ(remove("a").value(), "a");
  EXPECT_EQ(created.failure_code(), error_code::session_destroyed);
  EXPECT_EQ(command->failure_code(), error_code::session_destroyed);
  EXPECT_EQ(sessions->terminated, strings{"1"});
  come_up("1");
  EXPECT_EQ(list(), strings{}) << "it comes too late";
}

TEST_F(manager, keeps_a_new_session_apart_from_a_deleted_one_of_its_name) {
  create("a");
  remove("a");
  const auto created = create("a");
  fail_to_come_up("1");
  EXPECT_TRUE(created.empty()) << "the failure is that of the first";
  come_up("2");
  EXPECT_TRUE(created.value());
}

TEST_F(manager, forgets_a_session_whose_tree_is_gone) {
  create("a");
  const auto gone = come_up("1");
  create("b");
  come_up("2");
  caf::anon_send_exit(gone, caf::exit_reason::kill);
  run();
  EXPECT_EQ(list(), strings{"b"});
  const auto created = create("a");
  come_up("3");
  EXPECT_TRUE(created.value() && created.value()->created);
}

TEST_F(manager, bounds_the_number_of_sessions) {
  settings->session.max_sessions = 2;
  create("a");
  create("b");
  EXPECT_EQ(create("c").failure_code(), error_code::too_busy);
  EXPECT_EQ(execute("c")->failure_code(), error_code::too_busy);
  come_up("2");
  EXPECT_TRUE(create("b", if_exists::reuse).value()) << "which needs no new one";
  remove("a");
  EXPECT_TRUE(create("c").empty()) << "there is room again";
}

TEST_F(manager, bounds_the_number_of_sessions_that_still_end) {
  settings->session.max_sessions = 1;
  sessions->takes_its_time = true;
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(create("a").empty());
    EXPECT_TRUE(remove("a").value());
  }
  EXPECT_EQ(create("a").failure_code(), error_code::too_busy);
  caf::anon_send(tree->actors->find<supervision::supervisor_actor>(paths::sessions),
                 supervision::deadline_passed{});
  run();
  EXPECT_TRUE(create("a").empty()) << "one has ended";
  sessions->terminations.clear();
}

TEST_F(manager, runs_commands_outside_of_sessions_in_actors_of_their_own) {
  const auto command = execute("", if_missing::create, run_mode::sessionless);
  EXPECT_EQ(executions->started, strings{"1"});
  EXPECT_TRUE(sessions->started.empty());
  settle(paths::executions, *executions, "1", start_failed("no init"));
  EXPECT_EQ(command->failure_code(), error_code::command_execution_error);
}

TEST_F(manager, says_when_too_many_commands_run_outside_of_sessions) {
  const auto command = execute("", if_missing::create, run_mode::sessionless);
  settle(paths::executions, *executions, "1",
         supervision::make_supervision_error(supervision::supervision_error::too_many_children, "1000"));
  EXPECT_EQ(command->failure_code(), error_code::too_busy);
}

TEST_F(manager, answers_all_it_holds_when_it_crashes) {
  const auto created = create("a");
  const auto command = execute("a");
  ASSERT_TRUE(tree->actors->inject_fault(paths::session_manager));
  run();
  EXPECT_EQ(created.failure_code(), error_code::internal_error);
  EXPECT_EQ(command->failure_code(), error_code::internal_error);
}

/// What the supervisor would say of a session after the manager's crash.
class restarted_manager : public manager {
protected:
  void add_child(const std::string& id, const std::string& child, supervision::child_phase phase) {
    idle[child] = std::make_shared<testing::idle_session>();
    idle[child]->options.id = id;
    spawn_at(paths::sessions + '/' + child + "/session", testing::idle_session_behavior, idle[child]);
    trees[child] = spawn_tree();
    supervision::child_info info;
    info.id = child;
    info.phase = phase;
    info.handle = caf::actor_cast<caf::strong_actor_ptr>(trees[child]);
    sessions->children.push_back(std::move(info));
  }

  void restart_manager() {
    tree->actors->inject_fault(paths::session_manager);
    run();
    start_manager();
  }

  void TearDown() override {
    trees.clear();
    manager::TearDown();
  }

  std::map<std::string, caf::actor> trees;
};

TEST_F(restarted_manager, knows_the_sessions_that_live) {
  add_child("any/name at all", "7", supervision::child_phase::running);
  add_child("b", "3", supervision::child_phase::running);
  restart_manager();
  EXPECT_EQ(list(), (strings{"b", "any/name at all"})); // in order of their numbers
  execute("any/name at all");
  EXPECT_EQ(idle["7"]->commands.size(), 1u);
  EXPECT_EQ(create("b").failure_code(), error_code::session_already_exists);
  create("c");
  EXPECT_EQ(sessions->started, strings{"8"}) << "no number is used twice";
}

TEST_F(restarted_manager, uses_no_number_of_a_command_that_runs_outside_of_sessions) {
  supervision::child_info running;
  running.id = "12";
  running.phase = supervision::child_phase::running;
  executions->children.push_back(std::move(running));
  restart_manager();
  execute("", if_missing::create, run_mode::sessionless);
  EXPECT_EQ(executions->started, strings{"13"});
}

TEST_F(restarted_manager, notices_the_end_of_the_sessions_it_found) {
  add_child("a", "1", supervision::child_phase::running);
  restart_manager();
  caf::anon_send_exit(trees["1"], caf::exit_reason::kill);
  run();
  EXPECT_EQ(list(), strings{});
}

TEST_F(restarted_manager, ends_sessions_that_nobody_waits_for_any_more) {
  add_child("half", "1", supervision::child_phase::starting);
  add_child("whole", "2", supervision::child_phase::running);
  restart_manager();
  EXPECT_EQ(list(), strings{"whole"});
  EXPECT_EQ(sessions->terminated, strings{"1"});
}

TEST_F(restarted_manager, waits_no_longer_than_a_session_takes_to_answer) {
  add_child("a", "1", supervision::child_phase::running);
  sessions->children.push_back({"2", supervision::child_type::supervisor, supervision::child_phase::running,
                                0, caf::actor_cast<caf::strong_actor_ptr>(spawn_tree())});
  restart_manager();
  EXPECT_EQ(list(), strings{"a"}) << "the other has no session actor at the moment";
}

class lonely_manager : public manager {
protected:
  void SetUp() override { start_manager(); }
};

TEST_F(lonely_manager, is_unavailable_without_the_supervisors) {
  EXPECT_EQ(create("a").failure_code(), error_code::unavailable);
  EXPECT_EQ(execute("a")->failure_code(), error_code::unavailable);
  EXPECT_EQ(execute("", if_missing::create, run_mode::sessionless)->failure_code(), error_code::unavailable);
  EXPECT_EQ(list(), strings{});
  EXPECT_EQ(remove("a").failure_code(), error_code::session_not_found);
}

} // namespace
} // namespace sandboxd::actors
