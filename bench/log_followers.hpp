#pragma once

#include "bench/client.hpp"
#include "bench/clock_lines.hpp"
#include "bench/tally.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// Prints one of `clock_lines` every five milliseconds.
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
  std::string take_events(std::string_view arrived);

  tally& results_;
  std::string request_;
  clock_lines lines_;
  bool began_ = false;   ///< whether an answer has
  std::size_t seen_ = 0; ///< bytes of its body
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
