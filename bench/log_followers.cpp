#include "bench/log_followers.hpp"

#include "bench/checks.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sandboxd::bench {

const std::string_view clock_printer = R"(python3 -c 'import itertools, time
for number in itertools.count(1):
  print(number, time.monotonic_ns(), flush=True)
  time.sleep(0.005)')";

line_follower::line_follower(tally& results, std::string request)
    : results_(results), request_(std::move(request)), lines_(results) {}

std::optional<std::string> line_follower::next() {
  if (!results_.goes_on())
    return std::nullopt;
  began_ = false;
  seen_ = 0;
  return request_;
}

bool line_follower::go_on(const answer& part) {
  if (!began_)
    lines_.start(clock_lines::steady::now());
  began_ = true;
  const auto failure = take_events(part.body.substr(seen_));
  if (!failure.empty()) {
    results_.record({}, failure);
    return false;
  }
  return results_.goes_on();
}

void line_follower::finished(const answer& whole) {
  results_.record({}, whole.error.empty() ? "the log ended: " + excerpt(whole.body) : whole.error);
}

std::string line_follower::take_events(std::string_view arrived) {
  const auto end = arrived.rfind("\n\n");
  if (end == std::string_view::npos)
    return "";
  const auto events = received_events(arrived);
  if (!events)
    return "not an event: " + excerpt(arrived);
  seen_ += end + 2;
  const auto now = clock_lines::steady::now();
  for (const auto& event : *events) {
    if (event.value("type", "") != "stdout")
      return "unexpected event: " + excerpt(event.dump());
    if (auto failure = lines_.take(event.value("data", ""), now); !failure.empty())
      return failure;
  }
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
