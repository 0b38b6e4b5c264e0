#pragma once

#include "actors/code_context.hpp"
#include "actors/paths.hpp"
#include "tests/actors/sandbox_world.hpp"
#include "tests/actors/scripted_executor.hpp"

#include <caf/send.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// What a pool that lends when the test says so was asked and told.
struct asked_pool {
  std::deque<actors::lease_executor> leases;
  std::vector<bool> survived; ///< of the runs it heard of
};

struct asked_pool_state {
  static inline const char* name = "asked-pool";
};

inline actors::executor_pool_actor::behavior_type
asked_pool_behavior(supervision::typed_stateful_pointer<asked_pool_state, actors::executor_pool_actor>,
                    std::shared_ptr<asked_pool> known) {
  return {
      [=](const actors::lease_executor& wanted) { known->leases.push_back(wanted); },
      [](const actors::executor_joins&) {},
      [](const actors::executor_leaves&) {},
      [](const actors::fork_server_changed&) {},
      [=](const actors::run_ended& event) { known->survived.push_back(event.survived); },
      [](const actors::turn_breaker&) {},
      [](actors::tend_pool) {},
  };
}

/// What a transpiler that answers when the test says so was asked.
using asked_transpiler = std::deque<actors::transpile>;

struct asked_transpiler_state {
  static inline const char* name = "asked-transpiler";
};

inline actors::transpiler_actor::behavior_type asked_transpiler_behavior(
    supervision::typed_stateful_pointer<asked_transpiler_state, actors::transpiler_actor>,
    std::shared_ptr<asked_transpiler> asked) {
  return {
      [=](actors::transpile& order) { asked->push_back(std::move(order)); },
      [](const actors::init_ready&) {},
      [](const actors::init_lost&) {},
      [](const actors::transpiler_says&) {},
      [](const actors::transpiler_lost&) {},
      [](actors::start_transpiler) {},
      [](actors::look_for_late_code) {},
  };
}

/// One context in virtual time; its executors are scripted, and their dialogues run on the I/O context.
class code_context_world : public sandbox_world {
protected:
  std::shared_ptr<asked_pool> pool = std::make_shared<asked_pool>();
  std::shared_ptr<asked_transpiler> transpiler = std::make_shared<asked_transpiler>();
  std::vector<std::unique_ptr<executor_and_dialogue>> lent; ///< in the order in which they were lent
  recorded_answers<actors::context_record> created;
  actors::code_context_actor actor;

  void SetUp() override {
    for (const auto spoken : interpreters::every_language)
      spawn_at(actors::paths::executor_pool(name_of(spoken)), asked_pool_behavior, pool);
    spawn_at(actors::paths::transpiler, asked_transpiler_behavior, transpiler);
    run();
  }
  void TearDown() override {
    actor = nullptr;
    pool->leases.clear();
    transpiler->clear();
    sandbox_world::TearDown();
    for (const auto& one : lent)
      one->dialogue->kill("because the test is over");
    EXPECT_TRUE(wait_until([this] {
      return std::ranges::none_of(lent, [](const auto& one) { return one->executor->lives(); });
    }));
  }

  template <class Condition>
  bool wait_until(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         std::chrono::steady_clock::now() < end;) {
      io.restart();
      io.poll();
      for (const auto& one : lent)
        one->tend();
      run();
      if (condition())
        return true;
      io.restart();
      io.run_one_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  /// Has the context made that is to be `options`.
  void create(actors::context_options options = {}) {
    const auto now = std::chrono::system_clock::time_point(std::chrono::hours(1));
    const actors::context_record record{"c-1", options.spoken, options.directory, now, now};
    ASSERT_TRUE(context->contexts->enter({record, "1"}, 10));
    actor = spawn_at(actors::paths::contexts + "/1", actors::code_context_behavior, context,
                     actors::start_context{record, std::move(options), nullptr, created.reply()});
    run();
  }
  /// The pool gives the context an executor.
  void lend() {
    ASSERT_EQ(pool->leases.size(), 1u);
    bool ready = false;
    lent.push_back(std::make_unique<executor_and_dialogue>(
        io, actors::executor_dialogue::callbacks{[&ready](const std::string&) { ready = true; }, {}}));
    ASSERT_TRUE(wait_until([&] { return ready; }));
    pool->leases.front().done.deliver(
        std::make_shared<const actors::executor_lease>(lent.size(), lent.back()->dialogue));
    pool->leases.pop_front();
  }
  void refuse(const actors::failure& reason) {
    ASSERT_EQ(pool->leases.size(), 1u);
    pool->leases.front().done.deliver(reason);
    pool->leases.pop_front();
    run();
  }
  /// The executor lent last.
  scripted_executor& executor() { return *lent.back()->executor; }
  /// The next request it hears.
  nlohmann::json heard() {
    nlohmann::json request;
    EXPECT_TRUE(wait_until([&] { return !(request = executor().heard()).is_null(); }));
    return request;
  }
  void lend_and_configure() {
    lend();
    EXPECT_EQ(heard()["type"], "configure");
  }
  void begin(const actors::context_options& options = {}) {
    create(options);
    lend_and_configure();
    ASSERT_TRUE(wait_until([this] { return !created.empty(); }));
    ASSERT_TRUE(created.value());
  }

  recording_run_ptr execute(actors::run_request request) {
    auto observer = std::make_shared<recording_run>();
    request.context = "c-1";
    caf::anon_send(actor, actors::run_code{std::move(request), actors::make_run_handle(observer), nullptr});
    run();
    return observer;
  }
  recording_run_ptr execute(const std::string& code) {
    actors::run_request request;
    request.code = code;
    return execute(std::move(request));
  }
  /// Whether this code is what the executor is asked to run now.
  bool runs(const std::string& code) {
    const auto request = heard();
    executor().say(R"({"type":"running"})");
    return request.is_object() && request["type"] == "run" && request["code"] == code;
  }
  bool ends(const recording_run_ptr& one) {
    return wait_until([&] { return one->ends() > 0; });
  }
  template <class Message, class Answer>
  recorded_answers<Answer> ask() {
    recorded_answers<Answer> answers;
    caf::anon_send(actor, Message{answers.reply()});
    run();
    return answers;
  }
  [[nodiscard]] bool is_there() const {
    return static_cast<bool>(tree->actors->find<actors::code_context_actor>(actors::paths::contexts + "/1"));
  }
};

} // namespace sandboxd::testing
