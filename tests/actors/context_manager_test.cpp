#include "actors/code_client.hpp"
#include "actors/context_manager.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <gmock/gmock.h>

#include <set>

namespace sandboxd::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::recorded_answers;
using testing::recording_run;

/// The manager and the front door, in virtual time; the supervisor of contexts does as it is told.
class context_managers : public testing::sandbox_world {
protected:
  std::shared_ptr<testing::obedient_supervisor> contexts = std::make_shared<testing::obedient_supervisor>();
  std::shared_ptr<code_client> client = make_local_code_client(tree->actors, context);

  void SetUp() override {
    settings->interpreter.max_contexts = 2;
    spawn_at(paths::contexts, testing::obedient_supervisor_behavior, contexts);
    spawn_at(paths::context_manager, context_manager_behavior, context);
    run();
  }
  void TearDown() override {
    *contexts = {};
    sandbox_world::TearDown();
  }
  recorded_answers<context_record> create(context_options options = {}) {
    recorded_answers<context_record> answers;
    client->create(std::move(options), answers.reply());
    run();
    return answers;
  }
  void settle(const std::string& child, caf::expected<caf::strong_actor_ptr> outcome) {
    contexts->outcomes.insert_or_assign(child, std::move(outcome));
    caf::anon_send(tree->actors->find<supervision::supervisor_actor>(paths::contexts),
                   supervision::restart_due{child, 0});
    run();
  }
};

TEST_F(context_managers, enter_contexts_and_have_them_started) {
  context_options options;
  options.spoken = language::typescript;
  options.directory = "/w";
  const auto first = create(options);
  const auto second = create();
  EXPECT_THAT(contexts->started, ElementsAre("1", "2"));
  EXPECT_TRUE(first.empty()) << "the context answers";
  const auto all = client->list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].spoken, language::typescript);
  EXPECT_EQ(all[0].directory, "/w");
  EXPECT_EQ(all[1].spoken, language::python);
  EXPECT_EQ(all[1].directory, "/workspace");
  EXPECT_EQ(all[0].created_at, all[0].last_used);
}

/// HTTP.md 9.1
TEST_F(context_managers, give_ids_that_are_uuids_of_version_4) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    create();
    ASSERT_EQ(client->list().size(), 1u);
    const auto id = client->list()[0].id;
    EXPECT_THAT(
        id, ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    ids.insert(id);
    context->contexts->remove(id);
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST_F(context_managers, refuse_more_contexts_than_configured) {
  create();
  create();
  EXPECT_EQ(create().failure_code(), error_code::too_busy);
  EXPECT_THAT(contexts->started, ElementsAre("1", "2"));
  context->contexts->remove(client->list()[0].id);
  EXPECT_TRUE(create().empty());
}

TEST_F(context_managers, forget_a_context_that_could_not_be_started) {
  const auto refused = create();
  settle("1", supervision::make_supervision_error(supervision::supervision_error::start_failed, "no room"));
  EXPECT_EQ(refused.failure_code(), error_code::internal_error);
  EXPECT_THAT(client->list(), IsEmpty());
}

TEST_F(context_managers, wait_no_longer_than_they_must_for_their_supervisor) {
  const auto asked = create();
  advance(std::chrono::seconds(5));
  EXPECT_EQ(asked.failure_code(), error_code::internal_error);
  EXPECT_THAT(client->list(), IsEmpty());
}

TEST_F(context_managers, refuse_without_their_neighbours) {
  sandbox_world::TearDown();
  EXPECT_EQ(create().failure_code(), error_code::unavailable) << "no manager";
  spawn_at(paths::context_manager, context_manager_behavior, context);
  run();
  EXPECT_EQ(create().failure_code(), error_code::unavailable) << "no supervisor";
  EXPECT_THAT(client->list(), IsEmpty());
}

TEST_F(context_managers, know_no_context_that_is_not_there) {
  create();
  const auto entered = client->list().at(0).id; // its actor has not begun, or has ended
  for (const std::string& id : {std::string("none"), std::string("undefined"), entered}) {
    const recorded_answers<std::string> removed;
    const recorded_answers<context_record> interrupted;
    const recorded_answers<context_record> restarted;
    const auto observer = std::make_shared<recording_run>();
    client->remove(id, removed.reply());
    client->interrupt(id, interrupted.reply());
    client->restart(id, restarted.reply());
    run_request request;
    request.context = id;
    client->run(request, observer);
    EXPECT_EQ(removed.failure_code(), error_code::context_not_found);
    EXPECT_EQ(interrupted.failure_code(), error_code::context_not_found);
    EXPECT_EQ(restarted.failure_code(), error_code::context_not_found);
    EXPECT_EQ(observer->failure_code(), error_code::context_not_found);
    EXPECT_EQ(observer->failures.at(0).message, "Code context '" + id + "' not found");
  }
}

TEST_F(context_managers, tell_of_the_pools_that_are_known) {
  EXPECT_THAT(client->health(), IsEmpty());
  pool_status status;
  status.spoken = language::typescript;
  status.idle = 3;
  context->publish(status);
  ASSERT_EQ(client->health().size(), 1u);
  EXPECT_EQ(client->health()[0].idle, 3u);
}

} // namespace
} // namespace sandboxd::actors
