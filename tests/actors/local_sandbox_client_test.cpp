#include "actors/local_sandbox_client.hpp"
#include "tests/actors/sandbox_world.hpp"

namespace sandboxd::actors {
namespace {

using testing::recorded_answers;

/// Keeps the messages a manager gets.
struct recorded_requests {
  std::vector<create_session> creations;
  std::vector<list_sessions> lists;
  std::vector<delete_session> deletions;
  std::vector<run_command> commands;
};

struct recording_manager_state {
  static inline const char* name = "recording-manager";
};

session_manager_actor::behavior_type
recording_manager(supervision::typed_stateful_pointer<recording_manager_state, session_manager_actor>,
                  std::shared_ptr<recorded_requests> known) {
  return {
      [=](const create_session& request) { known->creations.push_back(request); },
      [=](const list_sessions& request) { known->lists.push_back(request); },
      [=](const delete_session& request) { known->deletions.push_back(request); },
      [=](const run_command& command) { known->commands.push_back(command); },
      [](const locate_files&) {},
  };
}

class front_door : public testing::sandbox_world {
protected:
  std::shared_ptr<sandbox_client> client = make_local_sandbox_client(tree->actors, context->command_memory);
  recorded_answers<session_created> created;
  recorded_answers<std::vector<std::string>> listed;
  recorded_answers<std::string> deleted;
  std::shared_ptr<testing::recording_observer> observer = std::make_shared<testing::recording_observer>();

  void ask_everything() {
    session_options options;
    options.id = "a";
    client->create_session(options, if_exists::reuse, created.reply());
    client->list_sessions(listed.reply());
    client->delete_session("b", deleted.reply());
    command_request request;
    request.command = "echo";
    client->execute(request, observer_handle(observer));
    run();
  }
};

TEST_F(front_door, refuses_commands_that_find_no_room_in_memory) {
  auto known = std::make_shared<recorded_requests>();
  spawn_at(paths::session_manager, recording_manager, known);
  run();
  const auto execute = [&](std::size_t bytes) {
    command_request request;
    request.command = std::string((bytes - 3) / 2, 'x'); // which counts twice
    request.env = {{"A", "bc"}};
    auto told = std::make_shared<testing::recording_observer>();
    client->execute(std::move(request), observer_handle(told));
    run();
    return told;
  };
  context->command_memory->set_limit(100);
  EXPECT_TRUE(execute(61)->story.empty());
  EXPECT_EQ(execute(41)->failure_code(), error_code::too_busy);
  EXPECT_TRUE(execute(39)->story.empty()) << "what was refused holds nothing";
  for (auto& command : known->commands)
    command.observer.finished({});
  EXPECT_TRUE(execute(99)->story.empty()) << "there is room again";
}

TEST_F(front_door, is_unavailable_while_there_is_no_manager) {
  ask_everything();
  EXPECT_EQ(created.failure_code(), error_code::unavailable);
  EXPECT_EQ(listed.failure_code(), error_code::unavailable);
  EXPECT_EQ(deleted.failure_code(), error_code::unavailable);
  EXPECT_EQ(observer->failure_code(), error_code::unavailable);
}

TEST_F(front_door, passes_everything_on_to_the_manager_of_the_moment) {
  const auto known = std::make_shared<recorded_requests>();
  spawn_at(paths::session_manager, recording_manager, known);
  ask_everything();
  ASSERT_EQ(known->creations.size(), 1u);
  EXPECT_EQ(known->creations[0].options.id, "a");
  EXPECT_EQ(known->creations[0].existing, if_exists::reuse);
  EXPECT_EQ(known->lists.size(), 1u);
  ASSERT_EQ(known->deletions.size(), 1u);
  EXPECT_EQ(known->deletions[0].id, "b");
  ASSERT_EQ(known->commands.size(), 1u);
  EXPECT_EQ(known->commands[0].request.command, "echo");
  EXPECT_TRUE(created.empty());
  *known = {};
  EXPECT_EQ(created.failure_code(), error_code::internal_error) << "lost by the manager";
}

TEST_F(front_door, answers_what_a_dead_managers_mailbox_held) {
  const auto known = std::make_shared<recorded_requests>();
  const auto manager = spawn_at(paths::session_manager, recording_manager, known);
  run();
  caf::anon_send_exit(manager, caf::exit_reason::kill);
  ask_everything();
  EXPECT_EQ(created.all->size(), 1u);
  EXPECT_EQ(listed.all->size(), 1u);
  EXPECT_EQ(deleted.all->size(), 1u);
  EXPECT_EQ(observer->story.size(), 1u);
}

} // namespace
} // namespace sandboxd::actors
