#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sandboxd::actors {

/// What the owner of one clone knows.
class checkout_state {
public:
  static inline const char* name = "checkout";

  checkout_state() = default;
  checkout_state(const checkout_state&) = delete;
  checkout_state& operator=(const checkout_state&) = delete;
  /// Whatever ends the actor ends its clone, also one that only waits for its session.
  ~checkout_state();

  void configure(start_checkout order, services_ptr context);

  /// Its helper as a command, for the session manager; `observer` tells this actor.
  [[nodiscard]] run_command make_command(std::shared_ptr<command_observer> observer) const;

  /// The helper runs; `gone` is called when it had to be ended and nothing of it is left.
  void started(command_control control, std::function<void()> gone);
  /// The helper told how far it is.
  void progressed(const git::clone_progress& progress);
  /// The helper told its result.
  void told(git::clone_result result) { result_ = std::move(result); }
  /// The helper ended.
  void ended(int exit_code);
  /// The helper was lost, or could not be started.
  void failed(const failure& reason);

  /// The clone shall end, and `reason` be answered, unless it has a result before.
  void call_off(failure reason, std::function<void()> gone);
  /// Nothing of it is left, or it was waited for long enough.
  void gone();

  /// Whether it is answered and nothing of it runs or waits.
  [[nodiscard]] bool done() const { return over_ && !ending_; }
  [[nodiscard]] bool called_off() const { return *order_.called_off; }
  [[nodiscard]] std::chrono::milliseconds timeout() const { return order_.request.timeout; }
  /// Longest time between its calling off and its end.
  [[nodiscard]] std::chrono::milliseconds end_time() const;
  [[nodiscard]] failure timed_out() const;
  [[nodiscard]] std::string describe() const;

private:
  void answer(result_of<git::clone_result> result);

  services_ptr context_;
  start_checkout order_;
  command_control control_;
  bool runs_ = false;
  bool ending_ = false; // it was told to, and something may be left
  bool over_ = false;
  std::optional<failure> reason_; // of the calling off
  std::optional<git::clone_result> result_;
  std::string phase_ = "waiting";
};

/// Owns one clone: has its session run the helper (`git/worker.cpp`) as a fork of its shell, ends it when its
/// time is over or nobody wants it any more, and answers when nothing of it runs.
checkout_actor::behavior_type
checkout_behavior(supervision::typed_stateful_pointer<checkout_state, checkout_actor> self,
                  services_ptr context, start_checkout order);

} // namespace sandboxd::actors
