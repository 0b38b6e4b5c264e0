#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::supervision {

enum class breaker_state {
  closed,    ///< calls pass; failures in a row are counted
  open,      ///< calls are refused until the open time is over
  half_open, ///< a limited number of trial calls pass and decide
};

/// "closed", "open" or "half_open".
std::string_view to_string(breaker_state state) noexcept;

/// The numbers of one breaker. All must be at least 1.
struct breaker_policy {
  unsigned failure_threshold = 5;                                 ///< failures in a row that open it
  std::chrono::milliseconds open_time = std::chrono::seconds(30); ///< how long it refuses
  unsigned trial_successes = 1; ///< successes that close it again; also the number of trials at a time
};

/// Everything about a breaker at one moment, for the inspector.
struct breaker_snapshot {
  std::string name;
  breaker_state state = breaker_state::closed;
  unsigned failures = 0;  ///< in a row while closed
  unsigned trials = 0;    ///< under way while half open
  unsigned successes = 0; ///< while half open
  /// Until another call may be let through: the rest of the open time; 1 ms while all trials are under way,
  /// whose end nobody knows; else 0.
  std::chrono::milliseconds retry_after{0};
  std::uint64_t refused = 0; ///< calls refused since the start
  std::uint64_t opened = 0;  ///< times it opened since the start
};

/// A circuit breaker: after too many failures in a row it refuses calls for a while, then lets a few trials
/// decide. A plain value without a clock (time is an argument); one owner, usually an actor's state.
///
///     const auto leave = breaker.allow(now);
///     if (!leave) return refuse(breaker.snapshot(now).retry_after);
///     ... the call ...
///     ok ? breaker.success(*leave, now) : breaker.failure(*leave, now);
class circuit_breaker {
public:
  using clock = std::chrono::steady_clock;

  /// Leave for one call. The result of a call is heard only in the state in which it got its leave: what
  /// comes back later says nothing about now.
  class permit {
    friend circuit_breaker;
    explicit permit(std::uint64_t period) : period_(period) {}
    std::uint64_t period_;
  };

  /// Called on every change of state, e.g. to write it to the journal.
  using listener = std::function<void(const breaker_snapshot&)>;

  /// Throws std::invalid_argument when a number of the policy is 0 or negative.
  circuit_breaker(std::string name, breaker_policy policy, listener on_change = {});

  /// Asks leave for one call. Each permit must be followed by exactly one `success`, `failure` or `cancel`.
  std::optional<permit> allow(clock::time_point now);

  /// The call went well.
  void success(permit leave, clock::time_point now);

  /// The call failed for the fault of what is behind the breaker (not of the caller).
  void failure(permit leave, clock::time_point now);

  /// The call ended without a verdict on what is behind the breaker (e.g. the client left).
  void cancel(permit leave) noexcept;

  /// Closes it by hand and forgets all failures.
  void reset(clock::time_point now);

  /// Opens it by hand for the open time, which begins anew if it is open already.
  void trip(clock::time_point now);

  const std::string& name() const noexcept { return name_; }
  breaker_snapshot snapshot(clock::time_point now) const;

private:
  void change(breaker_state next, clock::time_point now);
  bool open_time_over(clock::time_point now) const noexcept;

  std::string name_;
  breaker_policy policy_;
  listener on_change_;
  breaker_state state_ = breaker_state::closed;
  unsigned failures_ = 0;
  unsigned trials_ = 0;
  unsigned successes_ = 0;
  std::uint64_t period_ = 0; // counts the changes of state
  clock::time_point opened_at_{};
  std::uint64_t refused_ = 0;
  std::uint64_t opened_ = 0;
};

} // namespace sandboxd::supervision
