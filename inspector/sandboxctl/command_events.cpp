#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/event_line.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/resumption.hpp"
#include "inspector/sandboxctl/terminal.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

namespace {

using namespace std::chrono_literals;

constexpr const char* journal = "/inspector/api/journal";
constexpr const char* stream = "/inspector/api/journal/stream";

/// More than the longest time between two comments that keep a stream open.
constexpr auto patience = 11min;

using parameters = std::vector<std::pair<std::string, std::string>>;

parameters filters_of(const events_request& request) {
  return {{"path", request.path.empty() ? "" : actor_path(request.path)},
          {"kind", request.kind},
          {"search", request.search}};
}

parameters operator+(parameters some, const std::pair<std::string, std::string>& more) {
  some.push_back(more);
  return some;
}

journal_source source_of(client& server) {
  return [&server](std::uint64_t after, std::size_t limit) {
    const auto answer =
        server.get(target(journal, {{"after", std::to_string(after)}, {"limit", std::to_string(limit)}}));
    const auto& events = member(answer, "events");
    return events.is_array() ? events : json::array();
  };
}

/// When the daemon has begun, which tells it from another; empty when it does not tell.
std::string beginning_of(client& server) {
  try {
    return text_of(server.get("/inspector/api/overview"), "startedAt");
  } catch (const not_offered&) {
    return {};
  }
}

class follower {
public:
  follower(const surroundings& with, const events_request& request) : with_(with), request_(request) {}

  [[noreturn]] void run() {
    show_before();
    auto after = place_.number;
    while (true) {
      try {
        const auto from = filters_of(request_) + std::pair("after", std::to_string(after));
        with_.server.follow(target(stream, from), patience, [this](const std::string& data) {
          take(parse_document(data));
          return true;
        });
      } catch (const failure& lost) {
        if (lost.code() != exit_code::unreachable)
          throw;
        complain(std::string(lost.what()) + "; trying again each second");
      }
      after = reconnect();
    }
  }

private:
  void show_before() {
    daemon_ = beginning_of(with_.server);
    const auto filters =
        filters_of(request_) + std::pair("limit", std::to_string(std::max<std::size_t>(request_.last, 1)));
    const auto answer = with_.server.get(target(journal, filters));
    if (request_.last > 0)
      for (const auto& event : member(answer, "events"))
        tell({{"type", "journal"}, {"event", event}});
    const auto number = count_of(answer, "newest");
    if (number == 0)
      return;
    const auto newest = source_of(with_.server)(number - 1, 1);
    place_ = {number, newest.empty() ? "" : text_of(newest.front(), "time"), daemon_};
  }

  void take(const json& data) {
    if (const auto& event = member(data, "event"); event.is_object())
      place_ = {count_of(event, "sequence"), text_of(event, "time"), daemon_};
    tell(data);
  }

  void tell(const json& data) const {
    if (with_.wants_json)
      print_raw(one_line(data));
    else if (text_of(data, "type") == "missed")
      print(styled_line("... " + count_text(count_of(data, "events"), "event") +
                            " missed: overwritten before they could be told",
                        tone::bad),
            with_.view);
    else if (const auto& event = member(data, "event"); event.is_object())
      print(event_line(event), uncut(with_.view));
  }

  /// Waits until the server is there again; returns the number to go on behind.
  std::uint64_t reconnect() {
    while (true) {
      std::this_thread::sleep_for(1s);
      try {
        daemon_ = beginning_of(with_.server);
        const auto [after, words] = resume(place_, daemon_, source_of(with_.server));
        complain(words);
        if (after == place_.number)
          place_.daemon = daemon_; // it has what was seen last
        return after;
      } catch (const failure& lost) {
        if (lost.code() != exit_code::unreachable)
          throw;
      }
    }
  }

  const surroundings& with_;
  const events_request& request_;
  std::string daemon_; ///< that is there now, as `beginning_of` tells it
  journal_place place_;
};

} // namespace

exit_code run_events(const surroundings& with, const events_request& request) {
  if (request.follows)
    follower(with, request).run();
  if (request.last == 0)
    throw failure(exit_code::usage, "--last 0 shows nothing; it is for events -f");
  const auto answer = with.server.get(
      target(journal, filters_of(request) + std::pair("limit", std::to_string(request.last))));
  if (with.wants_json) {
    print_raw(indented(answer));
    return exit_code::done;
  }
  const auto& events = member(answer, "events");
  for (const auto& event : events)
    print(event_line(event), uncut(with.view));
  if (events.empty())
    complain("No such events");
  return exit_code::done;
}

} // namespace sandboxd::sandboxctl
