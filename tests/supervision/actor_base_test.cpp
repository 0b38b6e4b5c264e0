/// What the base gives to every actor.

#include "supervision/kept_promise.hpp"
#include "tests/supervision/tree_test.hpp"

#include <caf/typed_actor.hpp>

#include <stdexcept>
#include <thread>
#include <utility>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

struct answerer_state {
  static inline const char* name = "answerer";
  std::optional<kept_promise<int>> kept;
};

using answerer_actor = caf::typed_actor<caf::replies_to<int>::with<int>, caf::reacts_to<std::string>>;

answerer_actor::behavior_type answerer(typed_stateful_pointer<answerer_state, answerer_actor> self) {
  self->set_status("waiting for a number");
  return {
      [=](int number) -> caf::result<int> {
        if (number >= 0)
          return number + 1;
        self->state.kept.emplace(self, caf::make_error(caf::sec::request_receiver_down));
        return self->state.kept->result();
      },
      [=](const std::string& words) {
        if (words == "throw")
          throw std::runtime_error("words fail me");
        if (words == "throw an int")
          throw 7; // NOLINT: an actor survives, that is to say dies of, anything
        self->set_last_error(words);
      },
  };
}

/// Hands a number on to an answerer.
caf::behavior asker(actor_base* self, const answerer_actor& asked) {
  return {[=](int number) { self->request(asked, 1s, number).then([](int) {}, [](const caf::error&) {}); }};
}

class actor_base_test : public tree_test {
protected:
  answerer_actor spawn_answerer() {
    auto made = hold(spawn_unsupervised(system, tree, "/answerer", answerer));
    run();
    return made;
  }

  std::shared_ptr<actor_record> record() { return tree->actors->record("/answerer"); }
};

TEST_F(actor_base_test, lists_the_actor_with_kind_status_and_number) {
  const auto actor = spawn_answerer();
  const auto view = tree->actors->snapshot().at(0);
  EXPECT_EQ(view.path, "/answerer");
  EXPECT_EQ(view.kind, "answerer");
  EXPECT_EQ(view.phase, actor_phase::running);
  EXPECT_EQ(view.status, "waiting for a number");
  EXPECT_EQ(view.actor_id, actor.id());
  EXPECT_EQ(tree->actors->kinds(), (std::vector<std::string>{"answerer"}));
}

TEST_F(actor_base_test, counts_messages_and_mailbox_depth) {
  const auto actor = spawn_answerer();
  const auto before = record()->snapshot().mailbox;
  caf::anon_send(actor, 1);
  caf::anon_send(actor, 2);
  caf::anon_send(actor, 3);
  const auto waiting = record()->snapshot().mailbox;
  EXPECT_EQ(waiting.received, before.received + 3);
  EXPECT_EQ(waiting.depth, 3u);
  run();
  const auto after = record()->snapshot().mailbox;
  EXPECT_EQ(after.handled, before.handled + 3);
  EXPECT_EQ(after.depth, 0u);
  EXPECT_EQ(after.depth_high_water, 3u);
  EXPECT_GT(after.handling_total, 0ns);
}

TEST_F(actor_base_test, traces_what_is_sent_for_a_request_and_what_is_sent_for_that) {
  const auto asked = spawn_answerer();
  const auto request = std::make_shared<trace>(traced_request{}, trace_context{{0, 1}, 1, 0}, true);
  const auto asking = hold(spawn_unsupervised(system, tree, "/asker", asker, asked));
  {
    const trace_scope here(request);
    caf::anon_send(asking, 7);
  }
  caf::anon_send(asked, 8); // for nobody
  run();
  const auto spans = request->look().spans;
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(*spans[0].path, "/asker");
  EXPECT_EQ(spans[0].parent, 1u);
  EXPECT_EQ(*spans[1].path, "/answerer");
  EXPECT_EQ(spans[1].parent, spans[0].id);
  EXPECT_EQ(*spans[2].path, "/asker");
  EXPECT_EQ(shown_name(spans[2]), "answer");
  EXPECT_EQ(spans[2].parent, spans[1].id);
  for (const auto& one : spans) {
    EXPECT_TRUE(one.is_message);
    EXPECT_TRUE(one.end);
  }
}

TEST_F(actor_base_test, traces_the_start_of_an_actor_and_what_it_sends_then) {
  const auto asked = spawn_answerer();
  const auto request = std::make_shared<trace>(traced_request{}, trace_context{{0, 1}, 1, 0}, true);
  {
    const trace_scope here(request);
    hold(spawn_unsupervised(system, tree, "/asker", [asked](actor_base* self) -> caf::behavior {
      self->send(asked, 7);
      return {[](const std::string&) {}};
    }));
  }
  run();
  const auto spans = request->look().spans;
  ASSERT_GE(spans.size(), 2u);
  EXPECT_EQ(shown_name(spans[0]), "start");
  EXPECT_EQ(*spans[0].path, "/asker");
  EXPECT_TRUE(spans[0].end);
  EXPECT_EQ(*spans[1].path, "/answerer");
  EXPECT_EQ(spans[1].parent, spans[0].id);
}

TEST_F(actor_base_test, traces_nothing_else) {
  const auto actor = spawn_answerer();
  caf::anon_send(actor, 1);
  const auto request = std::make_shared<trace>(traced_request{}, trace_context{{0, 1}, 1, 0}, false);
  const trace_scope here(request);
  caf::anon_send(actor, 2);
  run();
  EXPECT_TRUE(request->look().spans.empty()) << "it is not recorded";
}

TEST_F(actor_base_test, tells_the_age_of_the_oldest_message) {
  const auto actor = spawn_answerer();
  caf::anon_send(actor, 1);
  const auto later = actor_record::clock::now() + 90s;
  const auto age = record()->snapshot(later).mailbox.oldest_age;
  EXPECT_GE(age, 90s);
  EXPECT_LT(age, 95s);
}

TEST_F(actor_base_test, the_text_of_an_exception_becomes_the_exit_reason) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"throw", "exception: words fail me"}, {"throw an int", "exception: not derived from std::exception"}};
  for (const auto& [words, reason] : table) {
    const auto actor = spawn_answerer();
    const auto kept = record();
    std::optional<caf::error> end;
    on_exit(caf::actor_cast<caf::strong_actor_ptr>(actor), [&](const caf::error& why) { end = why; });
    caf::anon_send(actor, words);
    run();
    ASSERT_TRUE(end);
    EXPECT_EQ(describe(*end), reason);
    EXPECT_EQ(kept->last_error(), reason);
    EXPECT_EQ(kept->phase(), actor_phase::exited);
    EXPECT_EQ(tree->actors->size(), 0u) << "it is not listed any more";
  }
}

TEST_F(actor_base_test, a_requester_gets_the_exception_as_error) {
  const auto answer = ask<int>(caf::actor_cast<caf::actor>(spawn_answerer()), std::string{"throw"});
  EXPECT_EQ(describe(answer.error()), "exception: words fail me");
}

TEST_F(actor_base_test, an_actor_may_keep_an_error_it_survived) {
  caf::anon_send(spawn_answerer(), std::string{"one bad frame"});
  run();
  EXPECT_EQ(record()->last_error(), "one bad frame");
}

TEST_F(actor_base_test, every_kind_of_actor_obeys_an_injected_fault) {
  start(supervise(strategy::one_for_one,
                  {child("a"), supervisor_child("s", supervise(strategy::one_for_one, {child("x")}))}));
  spawn_answerer();
  for (const auto* path : {"/answerer", "/root/a", "/root/s/x", "/root/s"}) {
    const auto victim = at(path);
    std::optional<caf::error> end;
    on_exit(victim, [&](const caf::error& why) { end = why; });
    EXPECT_TRUE(tree->actors->inject_fault(path, "broken"));
    run();
    ASSERT_TRUE(end) << path;
    EXPECT_EQ(describe(*end), "exception: broken");
    if (std::string{path} != "/answerer")
      advance(10s); // out of the window
  }
  EXPECT_FALSE(tree->actors->inject_fault("/nobody"));
}

TEST_F(actor_base_test, a_kept_promise_is_answered_when_its_actor_dies) {
  const auto actor = spawn_answerer();
  const auto answer = post<int>(actor, -1);
  run();
  ASSERT_FALSE(*answer);
  tree->actors->inject_fault("/answerer");
  run();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->error(), caf::sec::request_receiver_down);
}

TEST_F(actor_base_test, a_kept_promise_is_answered_once) {
  const auto actor = spawn_answerer();
  const auto first = post<int>(actor, -1);
  const auto second = post<int>(actor, -2); // replaces the first promise
  run();
  ASSERT_TRUE(*first);
  EXPECT_EQ((*first)->error(), caf::sec::request_receiver_down);
  EXPECT_FALSE(*second);
}

TEST_F(actor_base_test, refuses_messages_it_does_not_know) {
  const auto answer = ask<int>(caf::actor_cast<caf::actor>(spawn_answerer()), 3.5);
  EXPECT_EQ(answer.error(), caf::sec::unexpected_message);
  EXPECT_TRUE(record()->last_error().starts_with("unexpected message (3.5")) << record()->last_error();
}

caf::behavior awaits_for_ever(stateful_pointer<child_state> self, const answerer_actor& deaf) {
  self->request(deaf, caf::infinite, -1).await([](int) {}, [](caf::error&) {});
  return {[](int number) { return number; }};
}

TEST_F(actor_base_test, kill_ends_an_actor_that_awaits_a_response) {
  const auto deaf = spawn_answerer();
  const auto actor = hold(spawn_unsupervised(system, tree, "/waiting", awaits_for_ever, deaf));
  std::optional<caf::error> end;
  on_exit(caf::actor_cast<caf::strong_actor_ptr>(actor), [&](const caf::error& why) { end = why; });
  run();
  caf::anon_send(actor, 1); // put off until the response comes
  run();
  EXPECT_EQ(tree->actors->record("/waiting")->snapshot().mailbox.depth, 1u);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  run();
  EXPECT_FALSE(end) << "a polite exit is put off too";
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  run();
  EXPECT_EQ(end, caf::exit_reason::kill);
}

TEST_F(actor_base_test, an_actor_spawned_outside_of_any_tree_works_and_is_listed_nowhere) {
  const auto actor = system.spawn(test_child, manner::obeys);
  run();
  EXPECT_EQ(*ask<int>(actor, 1), 2);
  EXPECT_EQ(tree->actors->size(), 0u);
}

TEST_F(actor_base_test, keeps_long_texts_short_at_a_character) {
  actor_record kept{"/x"};
  std::string text(actor_record::max_text_bytes - 1, 'a');
  kept.status(text + "\u00e4"); // two bytes, the second one beyond the limit
  EXPECT_EQ(kept.status(), text);
  kept.status(text + "b" + "c");
  EXPECT_EQ(kept.status(), text + "b");
}

TEST_F(actor_base_test, a_newer_actor_at_a_path_keeps_its_entry_when_the_older_one_goes) {
  const auto older = spawn_answerer();
  const auto newer = spawn_answerer();
  caf::anon_send_exit(older, caf::exit_reason::user_shutdown);
  run();
  EXPECT_EQ(tree->actors->find<answerer_actor>("/answerer"), newer);
}

} // namespace
} // namespace sandboxd::supervision
