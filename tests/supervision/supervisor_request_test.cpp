/// What can be asked of a supervisor.

#include "tests/supervision/tree_test.hpp"

#include <utility>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

class supervisor_request : public tree_test {
protected:
  caf::expected<caf::strong_actor_ptr> add(const supervisor_actor& supervisor, child_spec spec) {
    return ask<caf::strong_actor_ptr>(supervisor, start_child{std::move(spec)});
  }
};

TEST_F(supervisor_request, adds_a_child_and_answers_with_its_handle) {
  const auto root = start(supervise(strategy::one_for_one, {child("a")}));
  const auto added = add(root, child("b"));
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, at("/root/b"));
  EXPECT_EQ(*ask<caf::strong_actor_ptr>(root, get_child{"b"}), *added);
}

TEST_F(supervisor_request, refuses_an_id_in_use_and_gives_its_handle) {
  const auto root = start(supervise(strategy::one_for_one, {child("a")}));
  const auto refused = add(root, child("a"));
  ASSERT_FALSE(refused);
  ASSERT_TRUE(is(refused.error(), supervision_error::already_started));
  EXPECT_EQ(refused.error().context().get_as<caf::strong_actor_ptr>(1), at("/root/a"));
}

TEST_F(supervisor_request, refuses_the_id_of_a_stopped_child) {
  const auto root = start(supervise(strategy::one_for_one, {child("a")}));
  ask<void>(root, terminate_child{"a"});
  EXPECT_TRUE(is(add(root, child("a")).error(), supervision_error::already_present));
}

TEST_F(supervisor_request, refuses_an_invalid_spec) {
  const auto root = start(supervise(strategy::one_for_one, {}));
  EXPECT_TRUE(is(add(root, child("a/b")).error(), supervision_error::invalid_spec));
}

TEST_F(supervisor_request, does_not_keep_a_child_that_could_not_be_started) {
  const auto root = start(supervise(strategy::one_for_one, {}));
  auto broken = child("a");
  broken.start = [](const spawn_context&) -> caf::expected<caf::strong_actor_ptr> {
    return caf::make_error(caf::sec::runtime_error);
  };
  EXPECT_EQ(describe(add(root, broken).error()), "start_failed: child 'a': runtime_error");
  EXPECT_TRUE(ask<child_infos>(root, which_children{})->empty());
  EXPECT_EQ(tree->actors->size(), 1u);
}

TEST_F(supervisor_request, stops_restarts_and_deletes_a_child) {
  const auto root = start(supervise(strategy::one_for_one, {child("a")}));
  EXPECT_TRUE(is(ask<caf::strong_actor_ptr>(root, restart_child{"a"}).error(), supervision_error::running));
  EXPECT_TRUE(is(ask<void>(root, delete_child{"a"}).error(), supervision_error::running));
  EXPECT_TRUE(ask<void>(root, terminate_child{"a"}));
  EXPECT_TRUE(ask<void>(root, terminate_child{"a"})) << "stopped already: no error";
  EXPECT_TRUE(is(ask<caf::strong_actor_ptr>(root, get_child{"a"}).error(), supervision_error::stopped));
  EXPECT_TRUE(ask<caf::strong_actor_ptr>(root, restart_child{"a"}));
  EXPECT_TRUE(ask<void>(root, terminate_child{"a"}));
  EXPECT_TRUE(ask<void>(root, delete_child{"a"}));
  for (const auto& problem :
       {ask<void>(root, terminate_child{"a"}).error(), ask<void>(root, delete_child{"a"}).error(),
        ask<caf::strong_actor_ptr>(root, restart_child{"a"}).error(),
        ask<caf::strong_actor_ptr>(root, get_child{"a"}).error()})
    EXPECT_TRUE(is(problem, supervision_error::not_found));
}

TEST_F(supervisor_request, shows_and_counts_its_children_even_while_it_is_busy) {
  const auto nested = supervise(strategy::one_for_one, {});
  const auto root = start(supervise(
      strategy::one_for_one, {child("a"), supervisor_child("s", nested), child("b", manner::finishes)}));
  const auto pending = post<void>(root, terminate_child{"b"});
  const auto children = ask<child_infos>(root, which_children{});
  ASSERT_EQ(children->size(), 3u);
  EXPECT_EQ((*children)[0].phase, child_phase::running);
  EXPECT_EQ((*children)[1].type, child_type::supervisor);
  EXPECT_EQ((*children)[2].phase, child_phase::stopping);
  const auto counts = ask<child_counts>(root, count_children{});
  EXPECT_EQ(counts->specs, 3u);
  EXPECT_EQ(counts->active, 3u);
  EXPECT_EQ(counts->supervisors, 1u);
  EXPECT_EQ(counts->workers, 2u);
  EXPECT_FALSE(*pending);
  advance(300ms);
  EXPECT_TRUE(*pending);
}

// -- dynamic children
// ------------------------------------------------------------------------------------------

TEST_F(supervisor_request, dynamic_children_come_and_go_by_id) {
  const auto root = start(supervise(strategy::dynamic, {}));
  ASSERT_TRUE(add(root, child("a")));
  ASSERT_TRUE(add(root, child("b")));
  EXPECT_TRUE(is(add(root, child("a")).error(), supervision_error::already_started));
  EXPECT_TRUE(ask<void>(root, terminate_child{"a"}));
  EXPECT_TRUE(is(ask<void>(root, terminate_child{"a"}).error(), supervision_error::not_found));
  EXPECT_TRUE(add(root, child("a"))) << "its id is free again";
  EXPECT_EQ(ask<child_counts>(root, count_children{})->active, 2u);
}

TEST_F(supervisor_request, a_dynamic_child_that_takes_its_time_to_stop_holds_up_nobody) {
  const auto root = start(supervise(strategy::dynamic, {}));
  add(root, child("slow", manner::finishes));
  const auto stopping = post<void>(root, terminate_child{"slow"});
  EXPECT_TRUE(add(root, child("other")));
  EXPECT_FALSE(*stopping);
  const auto again = post<caf::strong_actor_ptr>(root, start_child{child("slow")});
  run();
  EXPECT_FALSE(*again) << "the same id waits for its turn";
  advance(300ms);
  EXPECT_TRUE(*stopping);
  ASSERT_TRUE(*again);
  EXPECT_TRUE(**again);
}

TEST_F(supervisor_request, a_dynamic_child_is_restarted_under_its_id_and_forgotten_when_it_may_end) {
  auto spec = supervise(strategy::dynamic, {});
  spec.intensity = 3;
  const auto root = start(spec);
  add(root, child("a"));
  crash("/root/a");
  EXPECT_TRUE(at("/root/a"));
  auto transient = child("b");
  transient.restart = restart_type::transient;
  add(root, transient);
  caf::anon_send_exit(at("/root/b"), caf::exit_reason::user_shutdown);
  run();
  EXPECT_TRUE(is(ask<caf::strong_actor_ptr>(root, get_child{"b"}).error(), supervision_error::not_found));
}

TEST_F(supervisor_request, restart_and_delete_do_not_apply_to_dynamic_children) {
  const auto root = start(supervise(strategy::dynamic, {}));
  add(root, child("a"));
  EXPECT_TRUE(
      is(ask<caf::strong_actor_ptr>(root, restart_child{"a"}).error(), supervision_error::dynamic_children));
  EXPECT_TRUE(is(ask<void>(root, delete_child{"a"}).error(), supervision_error::dynamic_children));
}

TEST_F(supervisor_request, keeps_to_its_limit_of_children) {
  auto spec = supervise(strategy::dynamic, {});
  spec.max_children = 2;
  const auto root = start(spec);
  add(root, child("a"));
  add(root, child("b"));
  EXPECT_EQ(describe(add(root, child("c")).error()), "too_many_children: child 'c': the limit is 2");
  ask<void>(root, terminate_child{"a"});
  EXPECT_TRUE(add(root, child("c")));
}

} // namespace
} // namespace sandboxd::supervision
