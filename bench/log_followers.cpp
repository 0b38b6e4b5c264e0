#include "bench/log_followers.hpp"

#include "bench/checks.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace sandboxd::bench {

const std::string_view clock_printer = R"(python3 -c 'import itertools, time
for number in itertools.count(1):
  print(number, time.monotonic_ns(), flush=True)
  time.sleep(0.005)')";

line_follower::line_follower(tally& results, std::string request)
    : results_(results), request_(std::move(request)) {}

std::optional<std::string> line_follower::next() {
  if (!results_.goes_on())
    return std::nullopt;
  began_.reset();
  seen_ = 0;
  unfinished_line_.clear();
  last_number_ = 0;
  return request_;
}

bool line_follower::go_on(const answer& part) {
  const auto now = steady::now();
  if (!began_)
    began_ = now;
  const auto failure = take_events(part.body.substr(seen_), now);
  if (!failure.empty()) {
    results_.record({}, failure);
    return false;
  }
  return results_.goes_on();
}

void line_follower::finished(const answer& whole) {
  results_.record({}, whole.error.empty() ? "the log ended: " + excerpt(whole.body) : whole.error);
}

std::string line_follower::take_events(std::string_view arrived, steady::time_point now) {
  const auto end = arrived.rfind("\n\n");
  if (end == std::string_view::npos)
    return "";
  const auto events = received_events(arrived);
  if (!events)
    return "not an event: " + excerpt(arrived);
  seen_ += end + 2;
  for (const auto& event : *events) {
    if (event.value("type", "") != "stdout")
      return "unexpected event: " + excerpt(event.dump());
    unfinished_line_ += event.value("data", "");
  }
  for (auto feed = unfinished_line_.find('\n'); feed != std::string::npos;
       feed = unfinished_line_.find('\n')) {
    if (auto failure = take_line(std::string_view(unfinished_line_).substr(0, feed), now); !failure.empty())
      return failure;
    unfinished_line_.erase(0, feed + 1);
  }
  return "";
}

std::string line_follower::take_line(std::string_view line, steady::time_point now) {
  const auto* const end = line.data() + line.size();
  std::uint64_t number = 0;
  std::int64_t clock = 0;
  const auto first = std::from_chars(line.data(), end, number);
  const auto second = first.ptr < end ? std::from_chars(first.ptr + 1, end, clock) : first;
  if (second.ptr != end || number != ++last_number_ || clock == 0)
    return "not line " + std::to_string(last_number_) + ": " + excerpt(line);
  const steady::time_point printed{std::chrono::nanoseconds(clock)};
  if (printed >= *began_)
    results_.record(now - printed, "");
  return "";
}

first_event::first_event(tally& results, std::string request, std::string expected)
    : results_(results), request_(std::move(request)), expected_(std::move(expected)) {}

std::optional<std::string> first_event::next() {
  return results_.goes_on() ? std::optional(request_) : std::nullopt;
}

bool first_event::go_on(const answer& part) {
  const auto events = received_events(part.body);
  if (events && events->empty())
    return true;
  const bool right = events && events->front().value("type", "") == "stdout" &&
                     events->front().value("data", "") == expected_;
  results_.record(part.elapsed, right ? "" : "wrong first event: " + excerpt(part.body));
  return false;
}

void first_event::finished(const answer& whole) {
  results_.record({}, whole.error.empty() ? "the log ended: " + excerpt(whole.body) : whole.error);
}

} // namespace sandboxd::bench
