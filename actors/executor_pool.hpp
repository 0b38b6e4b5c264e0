#pragma once

#include "actors/executor.hpp"
#include "actors/executor_ledger.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/circuit_breaker.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace sandboxd::actors {

/// Of the executors of one language.
[[nodiscard]] const config::pool_settings& pool_settings_of(const config::interpreter_settings& all,
                                                            language spoken);

/// What the pool of one language knows.
class executor_pool_state {
public:
  static inline const char* name = "executor-pool";
  using clock = std::chrono::steady_clock;

  void configure(services_ptr context, language spoken, supervision::circuit_breaker::listener on_breaker);

  /// Takes over the settings as they are now.
  void refresh();

  void lease(const reply<lent_executor>& done, clock::time_point now);
  /// How many executors are to be started now; none ahead while the circuit is not closed.
  [[nodiscard]] std::size_t missing(clock::time_point now) const;
  /// Whether somebody needs the fork server or the transpiler, which nobody has been asked to start.
  [[nodiscard]] bool needs_helper() const;
  void helper_is_asked() noexcept { helper_is_asked_ = true; }
  executor_start begin(executor_pool_actor self);
  void joined(const lent_executor& executor, clock::time_point now);
  void left(const executor_leaves& event, clock::time_point now);
  void fork_server_changed(const fork_server_changed& event, clock::time_point now);
  void run_ended(const run_ended& event, clock::time_point now);
  void turn_breaker(const turn_breaker& wanted, clock::time_point now);
  /// Ends what is too many or too old, the patience of who waits, and trials without a verdict.
  void tend(clock::time_point now);

  [[nodiscard]] language spoken() const noexcept { return spoken_; }
  [[nodiscard]] const services_ptr& context() const noexcept { return context_; }
  [[nodiscard]] pool_status status(clock::time_point now) const;

private:
  /// An executor that was lent while the circuit was half open: what is heard of it decides.
  struct trial {
    std::optional<supervision::circuit_breaker::permit> leave; ///< for what it is at; it takes a place
    clock::time_point until;                                   ///< then it gives its place to another
  };

  [[nodiscard]] failure circuit_is_open(clock::time_point now) const;
  /// Delivered by the books, and so in a turn of this actor, which began at `now_`.
  [[nodiscard]] reply<lent_executor> as_trial(reply<lent_executor> done,
                                              supervision::circuit_breaker::permit leave);
  /// An executor, or the start of one, went well or did not; `number` 0: none that was ever lent.
  void judge(std::uint64_t number, bool well, clock::time_point now);

  services_ptr context_;
  language spoken_ = language::python;
  clock::time_point now_{}; ///< of this turn; the books may ask for it while they end
  std::optional<supervision::circuit_breaker> breaker_;
  std::map<std::uint64_t, trial> trials_; ///< by the number of the executor
  executor_ledger books_;                 ///< after what those use who wait in it, and are told of its end
  fork_server_handle fork_server_;        ///< of Python
  std::optional<failure> refusal_;        ///< for who wants an executor: there can be none
  bool helper_is_asked_ = false;
  clock::time_point not_before_{}; ///< no executor is started earlier, after one that failed to
};

/// The pool of one language: starts executors ahead, lends each to one context, starts more when contexts
/// want them, and ends those nobody needs, within the bounds of the configuration, which it follows within a
/// second. Too many executors lost in a row open its circuit: leases are then refused until trials go well.
executor_pool_actor::behavior_type
executor_pool_behavior(supervision::typed_stateful_pointer<executor_pool_state, executor_pool_actor> self,
                       services_ptr context, language spoken);

} // namespace sandboxd::actors
