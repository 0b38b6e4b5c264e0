#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace sandboxd::supervision {

/// The sliding window that limits how often a supervisor restarts: more than `intensity` restarts within
/// `period` are too many. This is `add_restart` of OTP's supervisor.erl, which reads
/// `erlang:monotonic_time(1)`: time counts in whole seconds (rounded down), and a restart that is exactly
/// `period` seconds old still counts. A plain value without a clock: time is an argument.
class restart_window {
public:
  using clock = std::chrono::steady_clock;

  /// `intensity`: restarts allowed within `period`, 0 means that the first restart is already too many.
  restart_window(std::size_t intensity, std::chrono::seconds period)
      : intensity_(intensity), period_(period) {}

  /// Records a restart at `now` and forgets those older than the period.
  /// Returns whether the limit still holds; false means the supervisor has to give up.
  bool add(clock::time_point now);

  /// Restarts in the window as of the last `add`, that one included.
  std::size_t count() const noexcept { return restarts_.size(); }

  /// Restarts that would still count if another came at `now`.
  std::size_t count(clock::time_point now) const noexcept;

  std::size_t intensity() const noexcept { return intensity_; }
  std::chrono::seconds period() const noexcept { return period_; }

private:
  using second = std::chrono::time_point<clock, std::chrono::seconds>;

  std::size_t intensity_;
  std::chrono::seconds period_;
  std::deque<second> restarts_; // oldest first; at most intensity + 1 entries as long as the caller obeys
};

} // namespace sandboxd::supervision
