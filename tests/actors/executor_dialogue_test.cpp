#include "tests/actors/recording.hpp"
#include "tests/actors/scripted_executor.hpp"

#include <asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace sandboxd::actors {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::recording_run;
using testing::recording_run_ptr;

class executor_dialogues : public ::testing::Test {
protected:
  asio::io_context io;
  std::vector<std::string> versions;
  std::vector<std::string> causes; ///< of its end, as its owner hears it
  bool blameless = false;          ///< the last of them
  std::unique_ptr<testing::executor_and_dialogue> one;
  int runs_done = 0;
  run_end last_end = run_end::survived;
  std::vector<run_handle> handles;

  void start(const executor_dialogue::limits& bounds = {1u << 20, 2000ms}) {
    one = std::make_unique<testing::executor_and_dialogue>(
        io,
        executor_dialogue::callbacks{[this](const std::string& version) { versions.push_back(version); },
                                     [this](const executor_end& end) {
                                       causes.push_back(end.cause);
                                       blameless = end.blameless;
                                     }},
        bounds);
    ASSERT_TRUE(wait_until([this] { return !versions.empty(); }));
  }
  void TearDown() override {
    if (one)
      one->dialogue->kill("because the test wants it");
    wait_until([this] { return !one || !one->executor->lives(); });
    one.reset();
    io.restart();
    io.poll();
  }

  testing::scripted_executor& executor() const { return *one->executor; }

  template <class Condition>
  bool wait_until(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;) {
      io.restart();
      io.poll();
      if (one)
        one->tend();
      if (condition())
        return true;
      io.restart();
      io.run_one_for(2ms);
    }
    return false;
  }
  void pass_time(std::chrono::milliseconds time) {
    bool over = false;
    asio::steady_timer timer(io, time);
    timer.async_wait([&](const std::error_code&) { over = true; });
    wait_until([&] { return over; });
  }
  /// The next request the executor hears.
  json heard() {
    json request;
    EXPECT_TRUE(wait_until([&] { return !(request = executor().heard()).is_null(); }));
    return request;
  }

  recording_run_ptr run(const executor_dialogue::run_options& options = {},
                        const std::string& code = "code") {
    auto observer = std::make_shared<recording_run>();
    give(observer, options, code);
    return observer;
  }
  void give(const recording_run_ptr& observer, const executor_dialogue::run_options& options = {},
            const std::string& code = "code") {
    handles.push_back(make_run_handle(observer)); // as contexts do, until the run is over
    one->dialogue->run({code, {{"A", "1"}, {"B", std::nullopt}}, {}, {}}, options, handles.back(),
                       [this](run_end end) {
                         ++runs_done;
                         last_end = end;
                       });
  }
  /// Has 30 ms, and as long to obey; its client takes nothing of what it prints.
  recording_run_ptr begun_for_nobody() {
    start({1u << 20, 30ms});
    auto observer = std::make_shared<recording_run>();
    observer->reads = false;
    give(observer, {.timeout = 30ms});
    EXPECT_EQ(heard()["type"], "run");
    executor().print("nobody takes this\n");
    return observer;
  }

  recording_run_ptr begun(const executor_dialogue::run_options& options = {}) {
    auto observer = run(options);
    EXPECT_EQ(heard()["type"], "run");
    executor().say(R"({"type":"running"})");
    return observer;
  }
  bool ends(const recording_run_ptr& observer) {
    return wait_until([&] { return observer->ends() > 0; });
  }
};

TEST_F(executor_dialogues, configure_an_executor) {
  start();
  EXPECT_THAT(versions, ElementsAre("1"));
  one->dialogue->configure({"/w", "/f", {{"A", "1"}, {"B", std::nullopt}}, R"({"x":[1]})", 77});
  EXPECT_EQ(heard(), (json{{"type", "configure"},
                           {"cwd", "/w"},
                           {"fallback_cwd", "/f"},
                           {"environment", {{"A", "1"}, {"B", nullptr}}},
                           {"result_limit", 77},
                           {"variables", {{"x", {1}}}}}));
}

TEST_F(executor_dialogues, tell_a_run_from_beginning_to_end) {
  start();
  const auto observer = run();
  EXPECT_EQ(heard(),
            (json{{"type", "run"}, {"code", "code"}, {"environment", {{"A", "1"}, {"B", nullptr}}}}));
  executor().print("out\n");
  executor().say(R"({"type":"synchronize"})");
  ASSERT_TRUE(wait_until([&] { return executor().acknowledged() == 1; }));
  executor().print("err\n", true);
  executor().say(R"({"type":"result","data":{"text/plain":"7"}})");
  ASSERT_TRUE(wait_until([&] { return executor().acknowledged() == 1; }));
  executor().say(R"({"type":"result","kind":"value","data":{"text/plain":"8"}})");
  executor().complete(5);
  ASSERT_TRUE(ends(observer));
  EXPECT_THAT(observer->story,
              ElementsAre("started", "out out\n", "err err\n", "shown \"7\"", "shown \"8\"", "finished"));
  EXPECT_EQ(executor().acknowledged(), 0u) << "nobody waits after the value";
  EXPECT_EQ(observer->outcomes[0].execution_count, 5u);
  EXPECT_EQ(observer->results[0].credit,
            std::string(R"({"type":"result","data":{"text/plain":"7"}})").size());
  EXPECT_EQ(runs_done, 1);
  EXPECT_THAT(causes, IsEmpty());
}

TEST_F(executor_dialogues, tell_what_code_has_raised) {
  start();
  const auto observer = begun();
  executor().say(
      R"({"type":"error","ename":"E","evalue":"v","traceback":["a","b"],"lineNumber":3,"execution_count":2})");
  ASSERT_TRUE(ends(observer));
  const auto& error = observer->outcomes.at(0).error;
  ASSERT_TRUE(error);
  EXPECT_EQ(error->name, "E");
  EXPECT_EQ(error->text, "v");
  EXPECT_THAT(error->traceback, ElementsAre("a", "b"));
  EXPECT_EQ(error->line, 3);
}

TEST_F(executor_dialogues, tell_the_next_run_nothing_of_the_one_before) {
  start();
  const auto first = begun();
  executor().complete();
  ASSERT_TRUE(ends(first));
  executor().print("late\n");
  const auto second = begun({.state_lost = true});
  executor().print("own\n");
  executor().complete(2);
  ASSERT_TRUE(ends(second));
  EXPECT_THAT(first->story, ElementsAre("started", "finished"));
  EXPECT_THAT(second->story, ElementsAre("started without state", "out own\n", "finished"));
  EXPECT_EQ(runs_done, 2);
}

TEST_F(executor_dialogues, join_the_parts_of_a_line) {
  start();
  const auto observer = begun();
  const auto printed = std::chrono::steady_clock::now();
  executor().print("ab");
  io.restart();
  io.poll();
  executor().print("c\n");
  ASSERT_TRUE(wait_until([&] { return observer->story.back().ends_with('\n'); }));
  if (observer->story.size() > 2) // the machine was busy
    EXPECT_GE(observer->told_at[0] - printed, 50ms);
  else
    EXPECT_THAT(observer->story, ElementsAre("started", "out abc\n"));
  executor().complete();
  ASSERT_TRUE(ends(observer));
}

TEST_F(executor_dialogues, tell_what_is_no_line_after_a_moment) {
  start();
  const auto observer = begun();
  const auto printed = std::chrono::steady_clock::now();
  executor().print("prompt> ");
  ASSERT_TRUE(wait_until([&] { return !observer->told_at.empty(); }));
  EXPECT_GE(observer->told_at[0] - printed, 50ms);
  EXPECT_THAT(observer->story, ElementsAre("started", "out prompt> "));
  executor().complete();
  ASSERT_TRUE(ends(observer));
}

TEST_F(executor_dialogues, tell_an_unfinished_line_before_what_follows_it) {
  start();
  const auto observer = begun();
  executor().print("question? ");
  executor().say(R"({"type":"synchronize"})");
  ASSERT_TRUE(wait_until([&] { return executor().acknowledged() == 1; }));
  executor().print("warning ", true);
  executor().say(R"({"type":"result","data":{"text/plain":"7"}})");
  ASSERT_TRUE(wait_until([&] { return executor().acknowledged() == 1; }));
  executor().print("rest");
  executor().complete();
  ASSERT_TRUE(ends(observer));
  EXPECT_THAT(observer->story, ElementsAre("started", "out question? ", "err warning ", "shown \"7\"",
                                           "out rest", "finished"));
}

// ---- time

TEST_F(executor_dialogues, interrupt_what_takes_too_long) {
  start();
  const auto observer = begun({.timeout = 30ms});
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(observer));
  EXPECT_THAT(observer->story, ElementsAre("started", "finished TimeoutError"));
  EXPECT_EQ(observer->error_text(), "The run took longer than 30 ms");
  EXPECT_EQ(runs_done, 1);
  const auto next = begun();
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started", "finished"));
  EXPECT_TRUE(executor().lives());
  EXPECT_FALSE(executor().interrupted());
}

TEST_F(executor_dialogues, kill_what_goes_on_all_the_same) {
  start({1u << 20, 30ms});
  const auto observer = begun({.timeout = 30ms});
  ASSERT_TRUE(ends(observer));
  EXPECT_TRUE(executor().interrupted());
  EXPECT_THAT(observer->story, ElementsAre("started", "finished TimeoutError"));
  EXPECT_EQ(runs_done, 1);
  EXPECT_THAT(causes, ElementsAre("because it did not heed an interrupt"));
}

TEST_F(executor_dialogues, limit_also_runs_whose_client_takes_nothing) {
  const auto observer = begun_for_nobody();
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(observer->story.back(), "finished TimeoutError");
  EXPECT_EQ(observer->ends(), 1u);
}

/// What it says of its end waits as all else does.
TEST_F(executor_dialogues, leave_an_executor_alone_that_was_over_while_its_client_took_nothing) {
  const auto observer = begun_for_nobody();
  executor().complete();
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(observer->story.back(), "finished TimeoutError");
  const auto next = begun();
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started", "finished"));
}

/// A program that shows its progress ends no line.
TEST_F(executor_dialogues, tell_in_time_what_grows_slowly) {
  start();
  const auto observer = begun();
  for (int i = 0; i < 200 && observer->told_at.empty(); ++i) {
    executor().print(".");
    const auto next = std::chrono::steady_clock::now() + 5ms;
    wait_until([&] { return std::chrono::steady_clock::now() >= next; });
  }
  EXPECT_FALSE(observer->told_at.empty()) << "200 dots in a second";
  executor().complete();
  ASSERT_TRUE(ends(observer));
}

/// The end of a run and that of its time may be there at once.
TEST_F(executor_dialogues, leave_an_executor_alone_whose_run_ended_in_its_last_moment) {
  start({1u << 20, 20ms});
  const auto observer = begun({.timeout = 20ms});
  executor().complete();
  const auto late = std::chrono::steady_clock::now() + 30ms;
  while (std::chrono::steady_clock::now() < late) // nobody works meanwhile
    ;
  ASSERT_TRUE(ends(observer));
  EXPECT_THAT(observer->story, ElementsAre("started", "finished"));
  const auto next = begun();
  const auto grace_is_over = std::chrono::steady_clock::now() + 50ms;
  ASSERT_TRUE(wait_until([&] { return std::chrono::steady_clock::now() >= grace_is_over; }));
  executor().complete();
  ASSERT_TRUE(ends(next));
  EXPECT_THAT(next->story, ElementsAre("started", "finished"));
  EXPECT_FALSE(executor().interrupted());
}

// ---- ends

TEST_F(executor_dialogues, tell_how_an_executor_ended_in_a_run) {
  start();
  const auto observer = begun();
  std::vector<std::string> user_heard;
  one->dialogue->on_gone([&](const executor_end& end) { user_heard.push_back(end.cause); });
  executor().print("last words");
  executor().exit(3);
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  EXPECT_THAT(observer->story, ElementsAre("started", "out last words", "finished ExecutorTerminated"));
  EXPECT_EQ(observer->error_text(), "The executor ended with exit code 3");
  EXPECT_EQ(runs_done, 1);
  EXPECT_THAT(causes, ElementsAre("with exit code 3"));
  EXPECT_THAT(user_heard, ElementsAre("with exit code 3"));
}

TEST_F(executor_dialogues, tell_how_an_executor_ended_between_runs) {
  start();
  one->dialogue->kill("because the test wants it");
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  EXPECT_THAT(causes, ElementsAre("because the test wants it"));
  std::vector<std::string> late;
  one->dialogue->on_gone([&](const executor_end& end) { late.push_back(end.cause); });
  EXPECT_TRUE(wait_until([&] { return !late.empty(); })) << "who asks afterwards is told at once";
  EXPECT_THAT(late, ElementsAre("because the test wants it"));
}

TEST_F(executor_dialogues, do_not_begin_a_run_in_an_executor_that_is_gone) {
  start();
  executor().exit(0);
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  const auto observer = run();
  ASSERT_TRUE(wait_until([&] { return runs_done == 1; }));
  EXPECT_EQ(last_end, run_end::not_begun);
  EXPECT_THAT(observer->story, IsEmpty()) << "another one may run it";
}

/// It has closed its sockets a moment ago, and its end is being waited for.
TEST_F(executor_dialogues, do_not_begin_a_run_in_an_executor_that_is_about_to_end) {
  start();
  executor().let_go();
  io.restart();
  io.poll(); // its sockets are seen to be closed, and it has some time to end
  const auto observer = run({.timeout = 1h});
  ASSERT_TRUE(wait_until([&] { return runs_done == 1; }));
  EXPECT_EQ(last_end, run_end::not_begun);
  EXPECT_TRUE(wait_until([this] { return !executor().lives(); }));
  EXPECT_THAT(observer->story, IsEmpty());
}

TEST_F(executor_dialogues, end_a_run_when_its_process_is_known_to_be_gone) {
  start();
  const auto observer = begun();
  // Somebody it has started keeps its sockets.
  one->dialogue->process_ended(std::nullopt);
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(observer->error_text(), "The executor ended for an unknown reason");
  EXPECT_THAT(causes, ElementsAre("for an unknown reason"));
}

TEST_F(executor_dialogues, end_an_executor_that_says_what_is_no_message) {
  for (const auto* text : {"garbage", "[]", R"({"type":"what"})", R"({"type":"result","data":{}})"}) {
    versions.clear();
    causes.clear();
    start();
    const auto observer = begun();
    executor().say(text);
    ASSERT_TRUE(wait_until([&] { return !causes.empty(); })) << text;
    EXPECT_THAT(causes, ElementsAre("after it had sent what is no message"));
    EXPECT_THAT(observer->story, ElementsAre("started", "finished ExecutorTerminated"));
    EXPECT_FALSE(executor().lives());
  }
}

/// It is killed, but what it has said before it ends is still read.
TEST_F(executor_dialogues, begin_no_run_in_an_executor_that_is_given_up) {
  start();
  const auto observer = begun();
  executor().send(launcher::make_frame("garbage") +
                  launcher::make_frame(R"({"type":"complete","execution_count":1})"));
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(last_end, run_end::died);
  ASSERT_TRUE(wait_until([this] { return !causes.empty(); }));
  EXPECT_FALSE(blameless);
  start();
  one->dialogue->kill("because the test wants it");
  run();
  ASSERT_TRUE(wait_until([this] { return runs_done == 2; }));
  EXPECT_EQ(last_end, run_end::not_begun);
}

/// Larger ones are read elsewhere.
TEST_F(executor_dialogues, tell_large_results_in_their_order) {
  start();
  const auto observer = begun();
  const std::string large(140'000, 'x');
  executor().say(R"({"type":"result","kind":"value","data":{"text/plain":")" + large + R"("}})");
  executor().say(R"({"type":"result","data":{"text/plain":"small"}})");
  executor().complete();
  ASSERT_TRUE(ends(observer));
  ASSERT_EQ(observer->story.size(), 4u);
  EXPECT_EQ(observer->story[1], "shown \"" + large + '"');
  EXPECT_EQ(observer->story[2], "shown \"small\"");
  EXPECT_EQ(observer->story[3], "finished");
}

TEST_F(executor_dialogues, tell_a_large_result_of_an_executor_that_ends_while_it_is_read) {
  start();
  const auto observer = begun();
  std::promise<void> gate;
  one->reader->run([opened = gate.get_future().share()] { opened.wait(); });
  executor().say(R"({"type":"result","kind":"value","data":{"text/plain":")" + std::string(140'000, 'x') +
                 R"("}})");
  executor().exit(3);
  ASSERT_TRUE(wait_until([this] { return !executor().lives(); }));
  pass_time(100ms); // five times as long as an end waits for last words
  EXPECT_EQ(observer->ends(), 0u);
  gate.set_value();
  ASSERT_TRUE(ends(observer));
  ASSERT_EQ(observer->story.size(), 3u);
  EXPECT_TRUE(observer->story[1].starts_with("shown \"xxx"));
  EXPECT_EQ(observer->story[2], "finished ExecutorTerminated");
}

TEST_F(executor_dialogues, do_not_hold_against_a_run_how_long_its_result_is_read) {
  start({1u << 20, 10s});
  const auto observer = begun({.timeout = 250ms});
  std::promise<void> gate;
  one->reader->run([opened = gate.get_future().share()] { opened.wait(); });
  executor().say(R"({"type":"result","kind":"value","data":{"text/plain":")" + std::string(140'000, 'x') +
                 R"("}})");
  executor().complete();
  pass_time(350ms);
  EXPECT_EQ(observer->ends(), 0u);
  gate.set_value();
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(observer->story.back(), "finished");
}

TEST_F(executor_dialogues, show_no_run_what_came_before_it) {
  start();
  std::promise<void> gate;
  one->reader->run([opened = gate.get_future().share()] { opened.wait(); });
  executor().say(R"({"type":"result","data":{"text/plain":")" + std::string(140'000, 'x') + R"("}})");
  io.restart();
  io.poll(); // it is being read
  const auto observer = begun();
  gate.set_value();
  ASSERT_TRUE(wait_until([this] { return executor().acknowledged() == 1; })) << "the executor goes on";
  executor().complete();
  ASSERT_TRUE(ends(observer));
  EXPECT_THAT(observer->story, ElementsAre("started", "finished"));
}

TEST_F(executor_dialogues, end_an_executor_that_says_too_much_at_once) {
  start({100, 2000ms});
  const auto observer = begun();
  executor().send(std::string("\0\1\0\0", 4));
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  EXPECT_THAT(causes, ElementsAre("after it had sent a message of more than 100 bytes"));
  EXPECT_THAT(observer->story, ElementsAre("started", "finished ExecutorTerminated"));
}

TEST_F(executor_dialogues, end_an_executor_that_lets_go_of_its_sockets) {
  start();
  const auto observer = begun();
  executor().let_go();
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  EXPECT_THAT(causes, ElementsAre("after it had closed its connection to the server"));
  EXPECT_THAT(observer->story, ElementsAre("started", "finished ExecutorTerminated"));
  EXPECT_TRUE(wait_until([&] { return !executor().lives(); }));
}

TEST_F(executor_dialogues, tell_of_an_executor_that_did_not_start) {
  start();
  one->dialogue->not_started("no room");
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  one->dialogue->process_ended(0);
  executor().exit(0);
  ASSERT_TRUE(wait_until([&] { return !executor().lives(); }));
  EXPECT_THAT(causes, ElementsAre("before it began: no room")) << "once";
}

TEST_F(executor_dialogues, lose_no_run_when_nobody_holds_them_any_more) {
  start();
  const auto observer = begun();
  const std::weak_ptr<executor_dialogue> watched = one->dialogue;
  executor().let_go();
  one->dialogue->kill("because the test wants it");
  ASSERT_TRUE(wait_until([&] { return !causes.empty(); }));
  one.reset();
  EXPECT_TRUE(wait_until([&] { return watched.expired(); }));
  EXPECT_EQ(observer->ends(), 1u);
}

// ---- clients

TEST_F(executor_dialogues, interrupt_a_run_whose_client_has_left_if_that_is_wanted) {
  start();
  const auto left = begun();
  executor().print("heard\n");
  ASSERT_TRUE(wait_until([&] { return left->has("out heard\n"); }));
  left->control.detach();
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().print("not heard\n");
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(left));
  EXPECT_FALSE(left->has("out not heard\n"));
  const auto goes_on = begun({.interrupt_when_left = false});
  goes_on->control.detach();
  executor().print(std::string(1000, 'x')); // without credit, but nobody waits for it
  executor().complete();
  ASSERT_TRUE(ends(goes_on));
  EXPECT_FALSE(executor().interrupted());
  EXPECT_THAT(goes_on->story, ElementsAre("started", "finished"));
}

TEST_F(executor_dialogues, are_not_steered_by_a_run_that_is_over) {
  start();
  const auto first = begun();
  executor().complete();
  ASSERT_TRUE(ends(first));
  executor().say(R"({"type":"ready","version":"2","repeat_interrupts":true})");
  ASSERT_TRUE(wait_until([&] { return versions.size() == 2; }));
  auto second = std::make_shared<recording_run>();
  second->reads = false;
  give(second);
  EXPECT_EQ(heard()["type"], "run");
  first->control.grant(1000);
  first->control.detach();
  executor().print("waits\n");
  one->dialogue->interrupt(); // the sign that the above has been handled
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  EXPECT_THAT(second->story, ElementsAre("started"));
  second->control.grant(1000);
  executor().complete();
  ASSERT_TRUE(ends(second));
  EXPECT_THAT(second->story, ElementsAre("started", "out waits\n", "finished"));
}

TEST_F(executor_dialogues, interrupt_nothing_between_two_runs) {
  start();
  one->dialogue->interrupt();
  const auto observer = begun();
  executor().complete();
  ASSERT_TRUE(ends(observer));
  one->dialogue->interrupt();
  one->dialogue->configure({});
  EXPECT_EQ(heard()["type"], "configure");
  EXPECT_FALSE(executor().interrupted());
}

/// One that comes before the cell has begun would reach nobody.
TEST_F(executor_dialogues, keep_an_interrupt_until_the_cell_hears_it) {
  start();
  const auto observer = run();
  one->dialogue->interrupt();
  EXPECT_EQ(heard()["type"], "run");
  EXPECT_FALSE(executor().interrupted());
  executor().say(R"({"type":"running"})");
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(observer));
}

/// A second interrupt would be heard twice, a signal that does nothing else wakes who has not heard the
/// first.
TEST_F(executor_dialogues, wake_who_may_not_have_noticed_an_interrupt) {
  start();
  const auto observer = begun();
  one->dialogue->interrupt();
  for (const int expected : {SIGINT, SIGURG, SIGURG}) {
    int came = 0;
    ASSERT_TRUE(wait_until([&] { return (came = executor().next_signal()) != 0; }));
    EXPECT_EQ(came, expected);
  }
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(observer));
  const auto next = begun();
  pass_time(500ms); // longer than the next pause would have been
  EXPECT_EQ(executor().next_signal(), 0) << "no more";
  executor().complete();
  ASSERT_TRUE(ends(next));
}

TEST_F(executor_dialogues, repeat_an_interrupt_for_who_may_miss_it) {
  start();
  executor().say(R"({"type":"ready","version":"2","repeat_interrupts":true})");
  ASSERT_TRUE(wait_until([&] { return versions.size() == 2; }));
  const auto observer = run();
  EXPECT_EQ(heard()["type"], "run");
  one->dialogue->interrupt();
  one->dialogue->interrupt(); // that goes on already
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
    EXPECT_EQ(heard(), (json{{"type", "interrupt"}}));
  }
  executor().raise("KeyboardInterrupt");
  ASSERT_TRUE(ends(observer));
  const auto next = run();
  EXPECT_EQ(heard()["type"], "run");
  pass_time(500ms); // longer than the next pause would have been
  EXPECT_TRUE(executor().heard().is_null()) << "no more";
  EXPECT_EQ(executor().next_signal(), 0);
  executor().complete();
  ASSERT_TRUE(ends(next));
}

TEST_F(executor_dialogues, tell_of_a_limit_that_the_cell_has_not_heeded) {
  start();
  const auto swallowed = begun({.timeout = 30ms});
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().complete();
  ASSERT_TRUE(ends(swallowed));
  EXPECT_THAT(swallowed->story, ElementsAre("started", "finished TimeoutError"));
  const auto heeded = begun({.timeout = 30ms});
  ASSERT_TRUE(wait_until([&] { return executor().interrupted(); }));
  executor().say(
      R"({"type":"error","ename":"KeyboardInterrupt","evalue":"","lineNumber":2,"execution_count":2,
                     "traceback":["  Cell In[2], line 2","KeyboardInterrupt: "]})");
  ASSERT_TRUE(ends(heeded));
  EXPECT_THAT(heeded->outcomes.at(0).error->traceback,
              ElementsAre("  Cell In[2], line 2", "TimeoutError: The run took longer than 30 ms"));
  EXPECT_EQ(heeded->outcomes.at(0).error->line, 2);
}

/// Who forked it may be busy with other forks.
TEST_F(executor_dialogues, wait_for_the_status_of_a_process_that_is_gone) {
  start();
  const auto observer = begun();
  one->tells_status = false;
  ::kill(executor().pid(), SIGKILL);
  ASSERT_TRUE(wait_until([this] { return !executor().lives(); }));
  pass_time(100ms); // five times as long as an end waits for last words
  EXPECT_EQ(observer->ends(), 0u);
  one->dialogue->process_ended(SIGKILL);
  ASSERT_TRUE(ends(observer));
  EXPECT_EQ(observer->error_text(), "The executor ended by signal 9 (Killed)");
}

/// The kernel may take a while for a namespace with many processes.
TEST_F(executor_dialogues, do_not_wait_for_the_end_of_an_executor_whose_namespace_ends) {
  start();
  const auto observer = begun();
  one->tells_status = false;
  executor().print("last words\n");
  const auto late = std::make_shared<bool>(false); // the timer may outlive this test
  asio::steady_timer time_in_which_nobody_is_waited_for(io, 100ms);
  time_in_which_nobody_is_waited_for.async_wait([late](const std::error_code& error) { *late = !error; });
  one->dialogue->doomed();
  ASSERT_TRUE(ends(observer));
  EXPECT_FALSE(*late);
  EXPECT_TRUE(blameless) << "the run did not bring that about";
  EXPECT_EQ(observer->error_text(), "The executor ended with the namespace of Python's fork server");
  EXPECT_THAT(observer->story, ElementsAre("started", "out last words\n", "finished ExecutorTerminated"));
  ASSERT_TRUE(wait_until([this] { return !executor().lives(); })) << "it is killed, should it live";
}

/// Its sockets end with it, and that may be seen first.
TEST_F(executor_dialogues, know_of_a_namespace_that_ended_with_the_sockets) {
  start();
  const auto observer = begun();
  one->tells_status = false;
  executor().let_go();
  ASSERT_TRUE(wait_until([&] { return !executor().lives(); })); // killed for it
  one->dialogue->doomed();
  ASSERT_TRUE(ends(observer));
  EXPECT_TRUE(blameless);
}

/// Its fork server is gone, too: nobody tells how it ended. And somebody it has started keeps its sockets.
TEST_F(executor_dialogues, miss_an_executor_whose_end_nobody_tells) {
  start();
  const auto observer = begun();
  one->tells_status = false;
  one->dialogue->orphaned();
  ::kill(executor().pid(), SIGKILL);
  ASSERT_TRUE(ends(observer));
  // On a busy machine its sockets may be closed long before it is gone.
  EXPECT_THAT(observer->error_text(),
              ::testing::AnyOf("The executor ended for an unknown reason",
                               "The executor ended after it had closed its connection to the server"));
}

} // namespace
} // namespace sandboxd::actors
