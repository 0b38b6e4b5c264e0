#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/expected.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/sec.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace sandboxd::testing {

/// An actor system that runs on the caller's thread and whose clock moves only when told to. `detached` and
/// blocking actors are not under its control.
///
///     auto worker = time.system.spawn(my_actor);
///     time.run();                            // handles messages until none is left
///     time.advance(std::chrono::seconds(5)); // lets time pass, firing timers in order
class virtual_time {
  struct testing_config : caf::actor_system_config {
    testing_config() { set("scheduler.policy", caf::atom("testing")); }
  };
  testing_config config_;

public:
  /// The answer to a request, once there is one.
  template <class Answer>
  using future_answer = std::shared_ptr<std::optional<caf::expected<Answer>>>;

  caf::actor_system system{config_};
  caf::scheduler::test_coordinator& scheduler =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());

  ~virtual_time() { finish(); }

  /// Ends what nobody holds a handle of any more: handles the last messages and drops all timers. The actor
  /// system would wait for ever for an actor that only a timer keeps alive.
  void finish() {
    scheduler.run();
    scheduler.clock().cancel_all();
    scheduler.run();
  }

  std::chrono::steady_clock::time_point now() { return scheduler.clock().now(); }

  /// Handles messages, and those they cause, until all mailboxes are empty.
  void run() { scheduler.run(); }

  /// Lets `duration` pass. Timers fire one after another at their own time, each with all it causes.
  void advance(std::chrono::nanoseconds duration) {
    run();
    auto& clock = scheduler.clock();
    const auto end = now() + duration;
    while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
      clock.trigger_timeout();
      run();
    }
    clock.advance_time(end - now());
    run();
  }

  /// Sends a request without waiting. The answer appears when `run` or `advance` has brought it.
  template <class Answer, class Handle, class Message>
  future_answer<Answer> post(const Handle& receiver, Message message) {
    auto answer = std::make_shared<std::optional<caf::expected<Answer>>>();
    const auto asker = [receiver, message = std::move(message)](caf::event_based_actor* self,
                                                                const future_answer<Answer>& place) {
      auto request = self->request(receiver, caf::infinite, message);
      auto fail = [place](caf::error& problem) { place->emplace(std::move(problem)); };
      if constexpr (std::is_void_v<Answer>)
        request.then([place] { place->emplace(caf::unit); }, fail);
      else
        request.then([place](Answer& value) { place->emplace(std::move(value)); }, fail);
    };
    system.spawn(asker, answer);
    return answer;
  }

  /// Sends a request, handles all messages and returns the answer; `sec::request_timeout` when none has come.
  template <class Answer, class Handle, class Message>
  caf::expected<Answer> ask(const Handle& receiver, Message message) {
    const auto answer = post<Answer>(receiver, std::move(message));
    run();
    return *answer ? **answer : caf::expected<Answer>{caf::make_error(caf::sec::request_timeout)};
  }
};

/// A GoogleTest fixture in virtual time.
class virtual_time_test : public ::testing::Test, public virtual_time {};

} // namespace sandboxd::testing
