#pragma once

#include "bench/tally.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// Lines of the form `NUMBER CLOCK`: counted from 1, and the monotonic clock in nanoseconds when the line was
/// printed, which is the one of std::chrono::steady_clock. Times how long each took from there to here.
class clock_lines {
public:
  using steady = std::chrono::steady_clock;

  explicit clock_lines(tally& results) : results_(results) {}

  /// Expects line 1 again. Lines printed before `began` are checked and not timed.
  void start(steady::time_point began);

  /// Takes text that arrived `now`, in pieces of any size. Returns what is wrong with it; empty: nothing.
  std::string take(std::string_view text, steady::time_point now);

  /// How many lines have come since the start.
  std::uint64_t count() const { return last_number_; }

private:
  std::string take_line(std::string_view line, steady::time_point now);

  tally& results_;
  steady::time_point began_;
  std::string unfinished_line_;
  std::uint64_t last_number_ = 0;
};

} // namespace sandboxd::bench
