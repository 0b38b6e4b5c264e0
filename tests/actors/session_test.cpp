#include "actors/session.hpp"
#include "supervision/errors.hpp"
#include "tests/actors/sandbox_world.hpp"

namespace sandboxd::actors {
namespace {

class session : public testing::sandbox_world {
protected:
  session_actor actor;

  void SetUp() override {
    session_options options;
    options.id = "a";
    actor = spawn_at(paths::sessions + "/1/session", session_behavior, context, options);
    run();
  }

  void TearDown() override {
    actor = nullptr;
    sandbox_world::TearDown();
  }

  /// As its supervisor does.
  void ask_to_stop() {
    caf::anon_send(caf::actor_cast<caf::actor>(actor),
                   caf::exit_msg{actor->address(), supervision::polite_exit()});
    run();
  }

  testing::recording_observer_ptr execute() {
    auto observer = std::make_shared<testing::recording_observer>();
    run_command command;
    command.observer = observer_handle(observer);
    caf::anon_send(actor, std::move(command));
    run();
    return observer;
  }
};

TEST_F(session, tells_the_commands_that_wait_when_its_tree_gives_up) {
  const std::vector waiting{execute(), execute()};
  ask_to_stop();
  for (const auto& command : waiting)
    EXPECT_EQ(command->failure_code(), error_code::session_terminated);
}

TEST_F(session, tells_the_commands_that_wait_when_it_is_deleted) {
  const auto waiting = execute();
  caf::anon_send(actor, close_session{});
  ask_to_stop();
  EXPECT_EQ(waiting->failure_code(), error_code::session_destroyed);
}

} // namespace
} // namespace sandboxd::actors
