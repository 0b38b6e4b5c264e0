#pragma once

#include "bench/client.hpp"
#include "bench/tally.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// Prints a line every five milliseconds: its number, counted from 1, and the monotonic clock in nanoseconds,
/// which is the one of std::chrono::steady_clock.
extern const std::string_view clock_printer;

/// Follows the log of a `clock_printer` and times how long each line took from being printed to being here.
/// Lines from before the stream began are checked and not timed.
class line_follower : public conversation {
public:
  line_follower(tally& results, std::string request);

  std::optional<std::string> next() override;
  bool go_on(const answer& part) override;
  void finished(const answer& whole) override;

private:
  using steady = std::chrono::steady_clock;

  std::string take_events(std::string_view arrived, steady::time_point now);
  std::string take_line(std::string_view line, steady::time_point now);

  tally& results_;
  std::string request_;
  std::optional<steady::time_point> began_; ///< when the answer did
  std::size_t seen_ = 0;                    ///< bytes of its body
  std::string unfinished_line_;
  std::uint64_t last_number_ = 0;
};

/// Opens a log stream again and again and times the first event with output, which must hold exactly
/// `expected`.
class first_event : public conversation {
public:
  first_event(tally& results, std::string request, std::string expected);

  std::optional<std::string> next() override;
  bool go_on(const answer& part) override;
  void finished(const answer& whole) override;

private:
  tally& results_;
  std::string request_;
  std::string expected_;
};

} // namespace sandboxd::bench
