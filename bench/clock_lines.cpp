#include "bench/clock_lines.hpp"

#include "bench/checks.hpp"

#include <charconv>

namespace sandboxd::bench {

void clock_lines::start(steady::time_point began) {
  began_ = began;
  unfinished_line_.clear();
  last_number_ = 0;
}

std::string clock_lines::take(std::string_view text, steady::time_point now) {
  unfinished_line_ += text;
  for (auto feed = unfinished_line_.find('\n'); feed != std::string::npos;
       feed = unfinished_line_.find('\n')) {
    if (auto failure = take_line(std::string_view(unfinished_line_).substr(0, feed), now); !failure.empty())
      return failure;
    unfinished_line_.erase(0, feed + 1);
  }
  return "";
}

std::string clock_lines::take_line(std::string_view line, steady::time_point now) {
  const auto* const end = line.data() + line.size();
  std::uint64_t number = 0;
  std::int64_t clock = 0;
  const auto first = std::from_chars(line.data(), end, number);
  const auto second = first.ptr < end ? std::from_chars(first.ptr + 1, end, clock) : first;
  if (second.ptr != end || number != ++last_number_ || clock == 0)
    return "not line " + std::to_string(last_number_) + ": " + excerpt(line);
  const steady::time_point printed{std::chrono::nanoseconds(clock)};
  if (printed >= began_)
    results_.record(now - printed, "");
  return "";
}

} // namespace sandboxd::bench
