#include "supervision/circuit_breaker.hpp"

#include <algorithm>
#include <stdexcept>
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
    : name_(std::move(name)), policy_(policy), on_change_(std::move(on_change)) {
  if (policy_.failure_threshold < 1 || policy_.open_time.count() < 1 || policy_.trial_successes < 1)
    throw std::invalid_argument("circuit breaker '" + name_ +
                                "': every number of its policy must be 1 or more");
}

std::optional<circuit_breaker::permit> circuit_breaker::allow(clock::time_point now) {
  if (state_ == breaker_state::open && open_time_over(now))
    change(breaker_state::half_open, now);
  if (state_ == breaker_state::closed)
    return permit{period_};
  if (state_ == breaker_state::half_open && trials_ + successes_ < policy_.trial_successes) {
    ++trials_;
    return permit{period_};
  }
  ++refused_;
  return std::nullopt;
}

void circuit_breaker::success(permit leave, clock::time_point now) {
  if (leave.period_ != period_)
    return;
  if (state_ == breaker_state::closed) {
    failures_ = 0;
    return;
  }
  --trials_;
  if (++successes_ >= policy_.trial_successes)
    change(breaker_state::closed, now);
}

void circuit_breaker::failure(permit leave, clock::time_point now) {
  if (leave.period_ != period_)
    return;
  if (state_ == breaker_state::half_open || ++failures_ >= policy_.failure_threshold)
    change(breaker_state::open, now);
}

void circuit_breaker::cancel(permit leave) noexcept {
  if (leave.period_ == period_ && state_ == breaker_state::half_open)
    --trials_;
}

void circuit_breaker::reset(clock::time_point now) {
  failures_ = 0;
  if (state_ != breaker_state::closed)
    change(breaker_state::closed, now);
}

void circuit_breaker::trip(clock::time_point now) {
  if (state_ == breaker_state::open)
    opened_at_ = now;
  else
    change(breaker_state::open, now);
}

breaker_snapshot circuit_breaker::snapshot(clock::time_point now) const {
  breaker_snapshot view{name_, state_, failures_, trials_, successes_, {}, refused_, opened_};
  if (state_ == breaker_state::open) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(opened_at_ + policy_.open_time - now);
    view.retry_after = std::max(left, std::chrono::milliseconds{0});
  } else if (state_ == breaker_state::half_open && trials_ + successes_ >= policy_.trial_successes) {
    view.retry_after = std::chrono::milliseconds{1};
  }
  return view;
}

void circuit_breaker::change(breaker_state next, clock::time_point now) {
  state_ = next;
  ++period_;
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
