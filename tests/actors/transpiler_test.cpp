#include "actors/transpiler.hpp"
#include "tests/actors/given_inits.hpp"

#include <gmock/gmock.h>

#include <string>

namespace sandboxd::actors {
namespace {

using transpiled = testing::recorded_answers<interpreters::transpiled_code>;

class transpiler_owner : public testing::interpreter_world {
protected:
  transpiler_actor actor;

  void SetUp() override {
    interpreter_world::SetUp();
    actor = spawn_at(paths::transpiler, transpiler_behavior, context);
    run();
  }
  void TearDown() override {
    actor = nullptr;
    interpreter_world::TearDown();
  }
  template <class Message>
  void tell(Message message) {
    caf::anon_send(actor, std::move(message));
    run();
  }
  transpiled order(const std::string& code = "1 as number") {
    transpiled answer;
    tell(transpile{code, answer.reply()});
    return answer;
  }
  void say(const std::string& text, std::uint64_t generation = 0) { tell(transpiler_says{generation, text}); }
  void answer(int id, const std::string& code, std::uint64_t generation = 0) {
    say(R"({"type":"transpiled","id":)" + std::to_string(id) + R"(,"code":")" + code + R"(","map":{}})",
        generation);
  }
};

TEST_F(transpiler_owner, starts_one_for_the_first_code) {
  advance(std::chrono::hours(1));
  EXPECT_EQ(inits->asked, 0);
  const auto first = order();
  const auto second = order();
  EXPECT_EQ(inits->asked, 1);
  tell(init_ready{});
  say(R"({"type":"ready"})");
  EXPECT_TRUE(first.empty());
  answer(2, "two");
  answer(1, "one");
  ASSERT_TRUE(first.value() && second.value());
  EXPECT_EQ(first.value()->code, "one");
  EXPECT_EQ(second.value()->code, "two");
  answer(1, "again");
  answer(99, "nobody asked");
  EXPECT_EQ(inits->asked, 1);
}

TEST_F(transpiler_owner, starts_one_when_the_pool_wants_it) {
  tell(start_transpiler{});
  tell(start_transpiler{});
  EXPECT_EQ(inits->asked, 1);
}

TEST_F(transpiler_owner, tells_what_is_no_typescript) {
  const auto asked = order("let x: =");
  tell(init_ready{});
  say(R"({"type":"rejected","id":1,"problem":{"line":7,"message":"Unexpected \"=\""}})");
  ASSERT_TRUE(asked.value());
  EXPECT_EQ(asked.value()->problem, R"({"line":7,"message":"Unexpected \"=\""})");
}

TEST_F(transpiler_owner, fails_what_it_was_working_on_when_it_dies_and_starts_another) {
  const auto lost = order();
  tell(init_ready{});
  tell(transpiler_lost{0, "it has ended"});
  EXPECT_EQ(lost.failure_code(), error_code::interpreter_not_ready);
  EXPECT_GE(std::get<failure>(lost.all->at(0)).retry_after, 1u);
  advance(longest_pause);
  EXPECT_EQ(inits->asked, 2);
  tell(init_ready{});
  const auto next = order();
  answer(2, "of the dead one", 0);
  EXPECT_TRUE(next.empty());
  answer(2, "two", 1);
  ASSERT_TRUE(next.value());
  EXPECT_EQ(next.value()->code, "two");
}

TEST_F(transpiler_owner, hears_of_an_end_once) {
  order();
  tell(init_ready{});
  tell(transpiler_lost{0, "it has ended"});
  advance(longest_pause);
  tell(init_ready{});
  const auto next = order();
  tell(transpiler_lost{0, "it has ended"});
  EXPECT_TRUE(next.empty());
  EXPECT_EQ(inits->asked, 2);
}

TEST_F(transpiler_owner, fails_what_waits_when_there_is_no_init) {
  inits->problem = no_init();
  const auto refused = order();
  EXPECT_EQ(refused.failure_code(), error_code::interpreter_not_ready);
  inits->problem.reset();
  inits->answers = false;
  const auto waits = order();
  EXPECT_TRUE(waits.empty());
  advance(settings->launcher.spawn_timeout);
  EXPECT_EQ(waits.failure_code(), error_code::interpreter_not_ready);
}

TEST_F(transpiler_owner, answers_what_waits_when_it_crashes) {
  const auto lost = order();
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  run();
  EXPECT_EQ(lost.failure_code(), error_code::internal_error);
}

} // namespace
} // namespace sandboxd::actors
