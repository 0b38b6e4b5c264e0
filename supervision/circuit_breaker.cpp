#include "supervision/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::supervision {

std::string_view to_string(breaker_state state) noexcept {
  switch (state) {
  case breaker_state::closed:
    return "closed";
  case breaker_state::open:
    return "open";
  case breaker_state::half_open:
    return "half_open";
  }
  return "unknown";
}

circuit_breaker::circuit_breaker(std::string name, breaker_policy policy, listener on_change)
    : name_(std::move(name)), policy_(policy), on_change_(std::move(on_change)) {}

bool circuit_breaker::allow(clock::time_point now) {
  if (state_ == breaker_state::open && open_time_over(now))
    change(breaker_state::half_open, now);
  if (state_ == breaker_state::closed)
    return true;
  if (state_ == breaker_state::half_open && trials_ + successes_ < policy_.trial_successes) {
    ++trials_;
    return true;
  }
  ++refused_;
  return false;
}

void circuit_breaker::success(clock::time_point now) {
  if (state_ == breaker_state::closed) {
    failures_ = 0;
  } else if (state_ == breaker_state::half_open && trials_ > 0) {
    --trials_;
    if (++successes_ >= policy_.trial_successes)
      change(breaker_state::closed, now);
  }
  // Open: a call from before it opened came back late and says nothing about now.
}

void circuit_breaker::failure(clock::time_point now) {
  const bool too_many = state_ == breaker_state::closed && ++failures_ >= policy_.failure_threshold;
  const bool failed_trial = state_ == breaker_state::half_open && trials_ > 0;
  if (too_many || failed_trial)
    change(breaker_state::open, now);
}

void circuit_breaker::cancel() noexcept {
  if (state_ == breaker_state::half_open && trials_ > 0)
    --trials_;
}

void circuit_breaker::reset(clock::time_point now) {
  change(breaker_state::closed, now);
}

void circuit_breaker::trip(clock::time_point now) {
  change(breaker_state::open, now);
}

breaker_snapshot circuit_breaker::snapshot(clock::time_point now) const {
  breaker_snapshot view{name_, state_, failures_, trials_, successes_, {}, refused_, opened_};
  if (state_ == breaker_state::open) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(opened_at_ + policy_.open_time - now);
    view.retry_after = std::max(left, std::chrono::milliseconds{0});
  }
  return view;
}

void circuit_breaker::change(breaker_state next, clock::time_point now) {
  state_ = next;
  failures_ = trials_ = successes_ = 0;
  if (next == breaker_state::open) {
    opened_at_ = now;
    ++opened_;
  }
  if (on_change_)
    on_change_(snapshot(now));
}

bool circuit_breaker::open_time_over(clock::time_point now) const noexcept {
  return now - opened_at_ >= policy_.open_time;
}

} // namespace sandboxd::supervision
