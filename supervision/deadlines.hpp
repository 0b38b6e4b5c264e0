#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sandboxd::supervision {

/// The deadlines of many actors behind a single timer. CAF cannot cancel a delayed message, and a pending one
/// keeps memory; so instead of one message per deadline only the earliest is armed, and the others wait here.
/// A plain value without a clock.
class deadlines {
public:
  using clock = std::chrono::steady_clock;

  /// Sets or moves the deadline of `who`. Returns the time for which the caller has to arm a timer now, if
  /// one.
  std::optional<clock::time_point> set(std::uint64_t who, clock::time_point when);

  /// Drops the deadline of `who`, if it has one. A timer already armed may then ring for nothing.
  void clear(std::uint64_t who);

  /// The timer rang: removes and returns those whose deadline is at or before `now`, earliest first.
  std::vector<std::uint64_t> expired(clock::time_point now);

  /// After `expired`: the time for which to arm the timer again, if any deadline is left.
  std::optional<clock::time_point> rearm();

private:
  using queue = std::multimap<clock::time_point, std::uint64_t>;

  queue queue_;
  std::unordered_map<std::uint64_t, queue::iterator> of_;
  std::optional<clock::time_point> armed_;
};

} // namespace sandboxd::supervision
