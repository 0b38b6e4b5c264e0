/// How supervisors restart their children, and when they give up. The differential test with OTP covers far
/// more cases; these say in words what matters.

#include "tests/supervision/tree_test.hpp"

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using supervisor_restart = tree_test;

TEST_F(supervisor_restart, a_restarted_child_is_a_new_actor_at_the_same_path) {
  start(supervise(strategy::one_for_one, {child("a"), child("b")}));
  const auto first = at("/root/b");
  crash("/root/b");
  const auto second = at("/root/b");
  ASSERT_TRUE(second);
  EXPECT_NE(first, second);
  EXPECT_EQ(*ask<int>(caf::actor_cast<caf::actor>(second), 41), 42);
  const auto record = tree->actors->record("/root/b");
  EXPECT_EQ(record->restarts(), 1u);
  EXPECT_EQ(record->last_error(), "exception: boom") << "of the incarnation before";
  EXPECT_EQ(log, (lines{"exited /root/b", "restarting /root/b", "started /root/b"}));
  EXPECT_EQ(texts[0], "failure: exception: boom");
}

TEST_F(supervisor_restart, one_for_all_restarts_all) {
  start(supervise(strategy::one_for_all, {child("a"), child("b"), child("c")}));
  crash("/root/b");
  EXPECT_EQ(log, (lines{"exited /root/b", "restarting /root/b", "stopping /root/c", "stopped /root/c",
                        "stopping /root/a", "stopped /root/a", "started /root/a", "started /root/b",
                        "started /root/c"}));
}

TEST_F(supervisor_restart, rest_for_one_restarts_those_started_later) {
  start(supervise(strategy::rest_for_one, {child("a"), child("b"), child("c")}));
  const auto untouched = at("/root/a");
  crash("/root/b");
  EXPECT_EQ(log, (lines{"exited /root/b", "restarting /root/b", "stopping /root/c", "stopped /root/c",
                        "started /root/b", "started /root/c"}));
  EXPECT_EQ(at("/root/a"), untouched);
}

TEST_F(supervisor_restart, that_is_asked_for_counts_as_a_failure_and_follows_the_strategy) {
  const auto root = start(supervise(strategy::rest_for_one, {child("a"), child("b"), child("c")}));
  EXPECT_TRUE(ask<void>(root, renew_child{"b"}));
  run();
  EXPECT_EQ(log, (lines{"stopping /root/b", "exited /root/b", "restarting /root/b", "stopping /root/c",
                        "stopped /root/c", "started /root/b", "started /root/c"}));
  EXPECT_EQ(texts[1], "failure: its restart was asked for");
  const auto figures = tree->actors->record("/root")->snapshot().supervisor;
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->restarts.count(), 1u);
}

TEST_F(supervisor_restart, that_is_asked_for_ends_what_does_not_obey_by_force) {
  auto deaf = child("a", manner::ignores);
  deaf.shutdown = 500ms;
  const auto root = start(supervise(strategy::one_for_one, {deaf}));
  const auto first = at("/root/a");
  EXPECT_TRUE(ask<void>(root, renew_child{"a"}));
  advance(499ms);
  EXPECT_EQ(at("/root/a"), first);
  advance(1ms);
  EXPECT_EQ(log, (lines{"stopping /root/a", "killing /root/a", "exited /root/a", "restarting /root/a",
                        "started /root/a"}));
  EXPECT_NE(at("/root/a"), first);
}

TEST_F(supervisor_restart, that_is_asked_for_hides_no_fault_that_comes_before_the_end) {
  const auto root = start(supervise(strategy::one_for_one, {child("a", manner::finishes)}));
  EXPECT_TRUE(ask<void>(root, renew_child{"a"}));
  crash("/root/a");
  EXPECT_EQ(log, (lines{"stopping /root/a", "exited /root/a", "restarting /root/a", "started /root/a"}));
  EXPECT_EQ(texts[1], "failure: exception: boom");
}

TEST_F(supervisor_restart, is_refused_for_what_is_not_there_does_not_run_or_is_started_once) {
  auto once = child("once");
  once.restart = restart_type::temporary;
  const auto root = start(supervise(strategy::one_for_one, {child("a"), once}));
  EXPECT_TRUE(is(ask<void>(root, renew_child{"nobody"}).error(), supervision_error::not_found));
  EXPECT_TRUE(is(ask<void>(root, renew_child{"once"}).error(), supervision_error::temporary));
  EXPECT_EQ(texts.back(), "is not restarted: temporary") << "who asked may not wait";
  ask<void>(root, terminate_child{"a"});
  EXPECT_TRUE(is(ask<void>(root, renew_child{"a"}).error(), supervision_error::restarting));
}

TEST_F(supervisor_restart, gives_up_when_the_intensity_is_exceeded) {
  start(supervise(strategy::one_for_one, {child("a"), child("b")})); // one restart in 5 s
  crash("/root/b");
  log.clear();
  crash("/root/b");
  EXPECT_EQ(log, (lines{"exited /root/b", "gave_up /root", "stopping /root/a", "stopped /root/a"}));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(is(*ended, supervision_error::gave_up)) << "so that the program can exit non-zero";
  EXPECT_EQ(describe(*ended), "gave_up: child 'b': failure: exception: boom");
}

TEST_F(supervisor_restart, goes_on_when_the_restarts_are_far_enough_apart) {
  start(supervise(strategy::one_for_one, {child("a")}));
  for (auto count = 0; count < 10; ++count) {
    crash("/root/a");
    advance(6s);
  }
  EXPECT_FALSE(ended);
  EXPECT_EQ(tree->actors->record("/root/a")->restarts(), 10u);
}

TEST_F(supervisor_restart, escalates_over_two_levels) {
  const auto inner = supervise(strategy::one_for_one, {child("x")});
  const auto middle = supervise(strategy::one_for_one, {supervisor_child("inner", inner)});
  start(supervise(strategy::one_for_one, {supervisor_child("middle", middle), child("b")}));
  // Each level allows one restart, so the root restarts `middle` at the fourth crash.
  for (auto count = 0; count < 4; ++count)
    crash("/root/middle/inner/x");
  EXPECT_FALSE(ended);
  EXPECT_EQ(tree->actors->record("/root/middle")->restarts(), 1u);
  for (auto count = 0; count < 4; ++count)
    crash("/root/middle/inner/x");
  ASSERT_TRUE(ended);
  EXPECT_EQ(
      describe(*ended),
      "gave_up: child 'middle': shutdown: gave_up: child 'inner': shutdown: gave_up: child 'x': failure: "
      "exception: boom");
  EXPECT_EQ(tree->actors->size(), 0u);
}

TEST_F(supervisor_restart, a_supervisor_that_crashes_itself_is_restarted_with_fresh_children) {
  const auto nested = supervise(strategy::one_for_one, {child("x")});
  start(supervise(strategy::one_for_one, {supervisor_child("s", nested)}));
  const auto old_child = at("/root/s/x");
  crash("/root/s");
  EXPECT_TRUE(at("/root/s/x"));
  EXPECT_NE(at("/root/s/x"), old_child);
  EXPECT_EQ(tree->actors->size(), 3u);
}

TEST_F(supervisor_restart, transient_and_temporary_children_may_end) {
  auto transient = child("transient");
  transient.restart = restart_type::transient;
  auto temporary = child("temporary");
  temporary.restart = restart_type::temporary;
  const auto root = start(supervise(strategy::one_for_one, {transient, temporary}));
  for (const auto* path : {"/root/transient", "/root/temporary"})
    caf::anon_send_exit(at(path), caf::exit_reason::user_shutdown);
  run();
  const auto children = ask<child_infos>(root, which_children{});
  ASSERT_EQ(children->size(), 1u) << "a temporary child is forgotten";
  EXPECT_EQ(children->front().id, "transient");
  EXPECT_EQ(children->front().phase, child_phase::stopped);
}

// -- backoff
// ---------------------------------------------------------------------------------------------------

supervisor_spec with_backoff(supervisor_spec spec) {
  spec.intensity = 10;
  spec.backoff.initial = 100ms;
  spec.backoff.maximum = 1s;
  spec.backoff.jitter = 0.0;
  return spec;
}

TEST_F(supervisor_restart, waits_longer_before_each_restart_with_backoff) {
  start(with_backoff(supervise(strategy::one_for_one, {child("a")})));
  for (const auto delay : {100ms, 200ms, 400ms}) {
    crash("/root/a");
    advance(delay - 1ms);
    EXPECT_FALSE(at("/root/a"));
    advance(1ms);
    EXPECT_TRUE(at("/root/a"));
  }
}

TEST_F(supervisor_restart, stops_the_dependants_at_once_and_starts_them_after_the_backoff) {
  start(with_backoff(supervise(strategy::rest_for_one, {child("a"), child("b"), child("c")})));
  crash("/root/b");
  EXPECT_EQ(log, (lines{"exited /root/b", "restarting /root/b", "stopping /root/c", "stopped /root/c"}));
  log.clear();
  advance(100ms);
  EXPECT_EQ(log, (lines{"started /root/b", "started /root/c"}));
}

TEST_F(supervisor_restart, a_restart_that_waits_can_be_called_off) {
  const auto root = start(with_backoff(supervise(strategy::one_for_one, {child("a")})));
  crash("/root/a");
  EXPECT_EQ(ask<child_infos>(root, which_children{})->front().phase, child_phase::restarting);
  EXPECT_TRUE(is(ask<caf::strong_actor_ptr>(root, get_child{"a"}).error(), supervision_error::restarting));
  EXPECT_TRUE(
      is(ask<caf::strong_actor_ptr>(root, restart_child{"a"}).error(), supervision_error::restarting));
  EXPECT_TRUE(is(ask<void>(root, delete_child{"a"}).error(), supervision_error::restarting));
  EXPECT_TRUE(ask<void>(root, terminate_child{"a"}));
  advance(1h);
  EXPECT_FALSE(at("/root/a"));
  EXPECT_EQ(ask<child_infos>(root, which_children{})->front().phase, child_phase::stopped);
}

TEST_F(supervisor_restart, stops_cleanly_while_a_restart_waits) {
  const auto root = start(with_backoff(supervise(strategy::one_for_one, {child("a"), child("b")})));
  crash("/root/a");
  stop(root);
  run();
  EXPECT_EQ(ended, polite_exit());
  advance(1h);
  EXPECT_EQ(tree->actors->size(), 0u);
}

TEST_F(supervisor_restart, a_failed_restart_is_repeated_after_its_backoff) {
  auto failures = std::make_shared<int>(0);
  auto fragile = child("a");
  fragile.start = [failures, start = fragile.start](const spawn_context& context) {
    if (*failures > 0 && (*failures)-- > 0)
      return caf::expected<caf::strong_actor_ptr>{caf::make_error(caf::sec::runtime_error)};
    return start(context);
  };
  start(with_backoff(supervise(strategy::one_for_one, {fragile})));
  *failures = 2;
  crash("/root/a");
  advance(100ms); // first attempt fails
  advance(200ms); // second attempt fails
  EXPECT_FALSE(at("/root/a"));
  advance(400ms);
  EXPECT_TRUE(at("/root/a"));
}

} // namespace
} // namespace sandboxd::supervision
