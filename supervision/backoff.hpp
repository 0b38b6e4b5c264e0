#pragma once

#include <chrono>
#include <functional>
#include <utility>

namespace sandboxd::supervision {

/// How long to wait before an attempt is repeated. All zero (the default) means: never wait.
struct backoff_policy {
  std::chrono::milliseconds initial{0}; ///< delay before the first repetition; 0 switches backoff off
  std::chrono::milliseconds maximum{0}; ///< no delay is longer, jitter included
  double multiplier = 2.0;              ///< growth per failure, at least 1
  /// Share of the delay that is random, 0 to 1: the delay is drawn evenly from [delay * (1 - jitter), delay].
  double jitter = 0.5;
  /// Time without failure after which the next failure counts as the first again.
  std::chrono::milliseconds reset_after = std::chrono::seconds(60);

  bool enabled() const noexcept { return initial.count() > 0; }
};

/// Draws evenly from [0, 1). Injected so that tests know what comes.
using uniform_random = std::function<double()>;

/// A thread-local generator seeded by the system. The default wherever a `uniform_random` is asked for.
double default_random();

/// Exponential backoff with jitter: remembers how often in a row something failed. A plain value without a
/// clock; one owner.
class backoff {
public:
  using clock = std::chrono::steady_clock;

  explicit backoff(backoff_policy policy, uniform_random random = default_random)
      : policy_(policy), random_(std::move(random)) {}

  /// Records a failure at `now` and returns how long to wait before the next attempt; zero when the policy is
  /// switched off. `alive_since` is the time the failed thing started to work: when it worked longer than
  /// `reset_after`, this failure counts as the first.
  std::chrono::milliseconds next_delay(clock::time_point alive_since, clock::time_point now);

  /// Forgets all failures.
  void reset() noexcept { failures_ = 0; }

  /// Failures in a row so far.
  unsigned failures() const noexcept { return failures_; }

private:
  backoff_policy policy_;
  uniform_random random_;
  unsigned failures_ = 0;
};

} // namespace sandboxd::supervision
