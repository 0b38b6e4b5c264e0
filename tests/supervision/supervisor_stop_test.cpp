/// How supervisors start and stop their children.

#include "tests/supervision/tree_test.hpp"

#include <stdexcept>
#include <utility>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using supervisor_stop = tree_test;

TEST_F(supervisor_stop, starts_in_order_and_stops_in_reverse) {
  const auto root =
      spawn_root(system, tree, supervise(strategy::one_for_one, {child("a"), child("b"), child("c")}));
  run();
  EXPECT_EQ(log, (lines{"started /root/a", "started /root/b", "started /root/c"}));
  log.clear();
  stop(root);
  run();
  EXPECT_EQ(log, (lines{"stopping /root/c", "stopped /root/c", "stopping /root/b", "stopped /root/b",
                        "stopping /root/a", "stopped /root/a"}));
  EXPECT_EQ(tree->actors->size(), 0u) << "nobody is left in the directory";
}

TEST_F(supervisor_stop, starts_a_nested_supervisor_whole_before_its_next_sibling) {
  const auto nested = supervise(strategy::one_for_one, {child("x"), child("y")});
  const auto root =
      spawn_root(system, tree, supervise(strategy::one_for_one, {supervisor_child("s", nested), child("b")}));
  run();
  EXPECT_EQ(log, (lines{"started /root/s/x", "started /root/s/y", "started /root/s", "started /root/b"}));
  log.clear();
  stop(root);
  run();
  EXPECT_EQ(log, (lines{"stopping /root/b", "stopped /root/b", "stopping /root/s", "stopping /root/s/y",
                        "stopped /root/s/y", "stopping /root/s/x", "stopped /root/s/x", "stopped /root/s"}));
}

TEST_F(supervisor_stop, waits_for_a_child_that_finishes_within_its_grace) {
  const auto root = start(supervise(strategy::one_for_one, {child("a"), child("b", manner::finishes)}));
  stop(root);
  advance(299ms);
  EXPECT_EQ(log, (lines{"stopping /root/b"})) << "a is not asked before b has ended";
  EXPECT_FALSE(ended);
  advance(1ms);
  EXPECT_EQ(log, (lines{"stopping /root/b", "stopped /root/b", "stopping /root/a", "stopped /root/a"}));
  EXPECT_EQ(ended, polite_exit());
}

TEST_F(supervisor_stop, kills_a_child_when_its_grace_is_over) {
  auto stubborn = child("a", manner::ignores);
  stubborn.shutdown = 200ms;
  const auto root = start(supervise(strategy::one_for_one, {stubborn}));
  stop(root);
  advance(199ms);
  EXPECT_EQ(log, (lines{"stopping /root/a"}));
  advance(1ms);
  EXPECT_EQ(log, (lines{"stopping /root/a", "killing /root/a", "stopped /root/a"}));
  EXPECT_EQ(texts.back(), "killed");
  EXPECT_EQ(ended, polite_exit());
}

TEST_F(supervisor_stop, kills_at_once_when_told_to_be_brutal) {
  auto brutal = child("a", manner::finishes);
  brutal.shutdown = brutal_kill{};
  stop(start(supervise(strategy::one_for_one, {brutal})));
  run();
  EXPECT_EQ(log, (lines{"killing /root/a", "stopped /root/a"}));
}

TEST_F(supervisor_stop, waits_for_ever_when_told_to) {
  auto patient = child("a", manner::ignores);
  patient.shutdown = infinity{};
  const auto root = start(supervise(strategy::one_for_one, {patient}));
  stop(root);
  advance(std::chrono::hours{24});
  EXPECT_EQ(log, (lines{"stopping /root/a"}));
  caf::anon_send_exit(at("/root/a"), caf::exit_reason::kill); // or the test would wait too
  run();
  EXPECT_TRUE(ended);
}

TEST_F(supervisor_stop, does_not_ask_a_child_that_has_just_ended) {
  const auto root = start(supervise(strategy::one_for_one, {child("a")}));
  tree->actors->inject_fault("/root/a");
  stop(root); // both are in the mailboxes now
  run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(tree->actors->size(), 0u);
}

TEST_F(supervisor_stop, stops_dynamic_children_all_at_once) {
  const auto root = start(supervise(strategy::dynamic, {}));
  for (const auto* id : {"a", "b", "c"}) {
    auto spec = child(id, manner::finishes);
    spec.shutdown = 1s;
    ASSERT_TRUE(ask<caf::strong_actor_ptr>(root, start_child{spec}));
  }
  stop(root);
  advance(300ms);
  EXPECT_EQ(ended, polite_exit()) << "300 ms for one and for all three";
}

TEST_F(supervisor_stop, a_killed_supervisor_takes_its_children_along) {
  const auto nested = supervise(strategy::one_for_one, {child("x", manner::ignores)});
  auto inner = supervisor_child("s", nested);
  inner.restart = restart_type::temporary;
  start(supervise(strategy::one_for_one, {inner}));
  const auto orphan = at("/root/s/x");
  std::optional<caf::error> end;
  on_exit(orphan, [&](const caf::error& reason) { end = reason; });
  caf::anon_send_exit(at("/root/s"), caf::exit_reason::kill);
  run();
  EXPECT_EQ(end, caf::exit_reason::kill);
  EXPECT_EQ(tree->actors->size(), 1u) << "only the root is left";
}

TEST_F(supervisor_stop, requests_left_over_by_a_killed_supervisor_are_answered) {
  auto inner = supervisor_child("s", supervise(strategy::one_for_one, {child("x", manner::finishes)}));
  start(supervise(strategy::one_for_one, {inner}));
  const auto supervisor = tree->actors->find<supervisor_actor>("/root/s");
  const auto under_way = post<void>(supervisor, terminate_child{"x"});
  const auto waiting = post<caf::strong_actor_ptr>(supervisor, start_child{child("y")});
  run();
  ASSERT_FALSE(*under_way);
  ASSERT_FALSE(*waiting);
  caf::anon_send_exit(supervisor, caf::exit_reason::kill);
  run();
  ASSERT_TRUE(*under_way);
  EXPECT_TRUE(is((*under_way)->error(), supervision_error::stopping));
  ASSERT_TRUE(*waiting);
  EXPECT_TRUE(is((*waiting)->error(), supervision_error::stopping));
}

TEST_F(supervisor_stop, requests_that_wait_while_it_stops_are_refused) {
  const auto root = start(supervise(strategy::one_for_one, {child("x", manner::finishes)}));
  stop(root);
  run();
  const auto waiting = post<caf::strong_actor_ptr>(root, start_child{child("y")});
  advance(300ms);
  ASSERT_TRUE(*waiting);
  EXPECT_TRUE(is((*waiting)->error(), supervision_error::stopping));
}

// -- a start that fails -----------------------------------------------------------------------------------

child_spec broken(std::string id, start_function start) {
  child_spec spec;
  spec.id = std::move(id);
  spec.start = std::move(start);
  return spec;
}

caf::behavior throws_at_birth(stateful_pointer<child_state>) {
  throw std::runtime_error("no descriptor left");
}

caf::behavior quits_at_birth(stateful_pointer<child_state> self) {
  self->quit();
  return {};
}

caf::behavior never_confirms(stateful_pointer<child_state> self) {
  self->defer_start();
  return {[](int number) { return number; }};
}

caf::behavior never_confirms_nor_obeys(stateful_pointer<child_state> self) {
  self->set_exit_handler([](caf::exit_msg&) {});
  return never_confirms(self);
}

TEST_F(supervisor_stop, a_child_that_cannot_start_ends_the_supervisor_and_those_before) {
  std::vector<std::pair<start_function, std::string>> table{
      {[](const spawn_context&) -> caf::expected<caf::strong_actor_ptr> {
         return caf::make_error(caf::sec::runtime_error);
       },
       "runtime_error"},
      {[](const spawn_context&) -> caf::expected<caf::strong_actor_ptr> { throw std::runtime_error("bad"); },
       "exception: bad"},
      {[](const spawn_context&) -> caf::expected<caf::strong_actor_ptr> { return caf::strong_actor_ptr{}; },
       "start_failed: the start function gave no actor"},
      {supervised(throws_at_birth),
       "ended before its start was complete: failure: exception: no descriptor left"},
      {supervised(quits_at_birth), "ended before its start was complete: normal"},
  };
  for (const auto& [start_broken, why] : table) {
    ended.reset();
    start(supervise(strategy::one_for_one, {child("a"), broken("b", start_broken), child("c")}));
    ASSERT_TRUE(ended) << why;
    EXPECT_EQ(describe(*ended), "start_failed: child 'b': " + why);
    EXPECT_EQ(tree->actors->size(), 0u);
  }
}

TEST_F(supervisor_stop, a_start_takes_no_longer_than_it_may) {
  auto slow = broken("a", supervised(never_confirms));
  slow.start_timeout = 2s;
  start(supervise(strategy::one_for_one, {slow}));
  advance(1999ms);
  EXPECT_FALSE(ended);
  advance(1ms);
  ASSERT_TRUE(ended);
  EXPECT_EQ(describe(*ended), "start_timed_out: child 'a': no confirmation within 2000 ms");
}

TEST_F(supervisor_stop, calls_off_a_start_under_way_instead_of_waiting_for_it) {
  const auto nested = supervise(strategy::one_for_one, {broken("x", supervised(never_confirms)), child("y")});
  const auto root = start(supervise(strategy::one_for_one, {child("a"), supervisor_child("s", nested)}));
  const auto ready = post<void>(root, await_ready{});
  stop(root);
  run();
  EXPECT_EQ(ended, polite_exit());
  ASSERT_TRUE(*ready);
  EXPECT_TRUE(is((*ready)->error(), supervision_error::stopping));
  EXPECT_EQ(log, (lines{"stopping /root/s", "stopping /root/s/x", "start_failed /root/s/x",
                        "start_failed /root/s", "stopping /root/a", "stopped /root/a"}));
  EXPECT_EQ(tree->actors->size(), 0u);
}

TEST_F(supervisor_stop, kills_a_starting_child_that_does_not_end_within_its_grace) {
  auto stubborn = broken("a", supervised(never_confirms_nor_obeys));
  stubborn.shutdown = 200ms;
  const auto root = start(supervise(strategy::one_for_one, {stubborn}));
  stop(root);
  advance(199ms);
  EXPECT_FALSE(ended);
  advance(1ms);
  EXPECT_EQ(ended, polite_exit());
}

TEST_F(supervisor_stop, calls_off_the_starts_of_dynamic_children) {
  const auto root = start(supervise(strategy::dynamic, {}));
  const auto started =
      post<caf::strong_actor_ptr>(root, start_child{broken("a", supervised(never_confirms))});
  run();
  stop(root);
  run();
  EXPECT_EQ(ended, polite_exit());
  ASSERT_TRUE(*started);
  EXPECT_TRUE(is((*started)->error(), supervision_error::stopping));
}

TEST_F(supervisor_stop, a_nested_supervisor_may_take_as_long_to_start_as_its_children) {
  auto slow = broken("x", supervised(never_confirms));
  slow.start_timeout = 10min;
  auto other = slow;
  other.id = "y";
  EXPECT_GE(supervisor_child("s", supervise(strategy::one_for_one, {slow, other})).start_timeout, 20min);
}

caf::behavior confirms_after_a_second(stateful_pointer<child_state> self) {
  self->defer_start();
  self->delayed_send(self, 1s, caf::ok_atom_v);
  return {[=](caf::ok_atom) { self->confirm_start(); }};
}

TEST_F(supervisor_stop, later_siblings_wait_for_a_deferred_start) {
  start(supervise(strategy::one_for_one, {broken("a", supervised(confirms_after_a_second)), child("b")}));
  advance(999ms);
  EXPECT_EQ(log, lines{});
  advance(1ms);
  EXPECT_EQ(log, (lines{"started /root/a", "started /root/b"}));
}

TEST_F(supervisor_stop, tells_when_all_its_children_have_started) {
  const auto root = hold(spawn_root(
      system, tree,
      supervise(strategy::one_for_one, {broken("a", supervised(confirms_after_a_second)), child("b")})));
  const auto ready = post<void>(root, await_ready{});
  advance(999ms);
  EXPECT_FALSE(*ready);
  advance(1ms);
  ASSERT_TRUE(*ready);
  EXPECT_TRUE(**ready);
}

TEST_F(supervisor_stop, tells_when_its_children_could_not_be_started) {
  const auto root =
      hold(spawn_root(system, tree,
                      supervise(strategy::one_for_one,
                                {child("a", manner::finishes), broken("b", supervised(quits_at_birth))})));
  const auto ready = post<void>(root, await_ready{});
  advance(1s);
  ASSERT_TRUE(*ready);
  EXPECT_TRUE(is((*ready)->error(), supervision_error::stopping));
}

TEST_F(supervisor_stop, an_invalid_spec_ends_it_at_once) {
  start(supervise(strategy::one_for_one, {child("a"), child("a")}));
  ASSERT_TRUE(ended);
  EXPECT_EQ(describe(*ended), "invalid_spec: supervisor spec: children is 'a', must be ids that differ");
}

} // namespace
} // namespace sandboxd::supervision
