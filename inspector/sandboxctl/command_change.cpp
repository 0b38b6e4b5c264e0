#include "inspector/sandboxctl/actor.hpp"
#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/confirmation.hpp"
#include "inspector/sandboxctl/cut_check.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/terminal.hpp"
#include "inspector/sandboxctl/trace.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sandboxd::sandboxctl {

namespace {

/// The most that the interface gives at once.
constexpr const char* most_requests = "10000";

actor fetch(client& server, const std::string& path) {
  return read_actor(server.get(target("/inspector/api/actor", {{"path", path}})));
}

/// `/root/http (http, "listening on port 3000")`.
std::string named(const actor& one) {
  return one.status.empty() ? fmt::format("{} ({})", one.path, one.kind)
                            : fmt::format("{} ({}, \"{}\")", one.path, one.kind, one.status);
}

/// What becomes of the actors beside one that is restarted.
std::string consequence_of(std::string_view strategy) {
  if (strategy == "one_for_all")
    return " and all actors beside it, as its supervisor is one_for_all";
  if (strategy == "rest_for_one")
    return " and the actors beside it that were started later, as its supervisor is rest_for_one";
  return "";
}

std::string what_restart_does(client& server, const std::string& path) {
  const auto one = fetch(server, path);
  const auto parent = path.substr(0, path.rfind('/'));
  if (parent.empty())
    return fmt::format("{} will be ended: everything is, the whole server.", named(one));
  const auto above = fetch(server, parent).supervisor.value_or(supervision_figures{});
  return fmt::format("{} will be ended and started again{}; what they do now is lost. {} of {} restarts "
                     "within {} s are used.",
                     named(one), consequence_of(above.strategy), above.used, above.intensity,
                     above.period_seconds);
}

void print_outcome(const surroundings& with, const json& answer, const std::string& words) {
  if (with.wants_json)
    print_raw(indented(answer));
  else
    print(styled_line(words), uncut(with.view));
}

std::string see_events(const std::string& path) {
  return fmt::format("Ordered. What comes of it: sandboxctl events --path {}", path);
}

} // namespace

exit_code run_restart(const surroundings& with, const actor_request& request) {
  const auto path = actor_path(request.path);
  require_somebody(with);
  if (!with.says_yes)
    confirm(with, what_restart_does(with.server, path));
  print_outcome(with, with.server.post("/inspector/api/actor/restart", {{"path", path}}), see_events(path));
  return exit_code::done;
}

exit_code run_stop(const surroundings& with, const actor_request& request) {
  const auto path = actor_path(request.path);
  require_somebody(with);
  if (!with.says_yes)
    confirm(with, fmt::format("{} will be stopped with all below it, and not started again.",
                              named(fetch(with.server, path))));
  print_outcome(with, with.server.post("/inspector/api/actor/stop", {{"path", path}}), see_events(path));
  return exit_code::done;
}

exit_code run_signal(const surroundings& with, const signal_request& request) {
  const auto path = actor_path(request.path);
  require_somebody(with);
  if (!with.says_yes) {
    const auto one = fetch(with.server, path);
    confirm(with, fmt::format("Process {} of {}, and all processes below it, will get {}.", one.pid,
                              named(one), request.signal));
  }
  const auto answer =
      with.server.post("/inspector/api/actor/signal", {{"path", path}, {"signal", request.signal}});
  print_outcome(with, answer,
                fmt::format("{} was sent to {}.", request.signal,
                            count_of(answer, "processes") == 1
                                ? "1 process"
                                : fmt::format("{} processes", count_text(count_of(answer, "processes")))));
  return exit_code::done;
}

exit_code run_breaker(const surroundings& with, const breaker_request& request) {
  const bool is_trip = request.action == "trip";
  confirm(with, is_trip ? fmt::format("The circuit breaker of {0} will be opened: {0} code is refused until "
                                      "its time is over or somebody resets it.",
                                      request.language)
                        : fmt::format("The circuit breaker of {} will be closed: its executors are started "
                                      "and lent again, whatever failed before.",
                                      request.language));
  const auto answer =
      with.server.post("/inspector/api/breaker", {{"name", request.language}, {"action", request.action}});
  print_outcome(with, answer, "Ordered. What comes of it: sandboxctl pools");
  return exit_code::done;
}

exit_code run_cut(const surroundings& with, const cut_request& request) {
  require_somebody(with);
  const auto found = read_request(with.server.get(target("/inspector/api/trace", {{"id", request.id}})));
  require_under_way(found);
  if (request.id != found.span_id) { // which no other has
    const auto listed = with.server.get(
        target("/inspector/api/requests", {{"search", request.id}, {"limit", most_requests}}));
    require_only_one(request.id, read_requests(member(listed, "open")));
  }
  confirm(with, what_cut_does(found, time_now()));
  // By its span, so that it is the one that was shown, whatever has begun meanwhile.
  const auto answer = with.server.post("/inspector/api/request/cut", {{"id", found.span_id}});
  print_outcome(with, answer, "Ordered. What comes of it: sandboxctl requests");
  return exit_code::done;
}

exit_code run_drain(const surroundings& with, const drain_request& request) {
  const auto time = time_text(request.at_most);
  confirm(with, fmt::format("The sandboxd at {} will take no further requests, wait up to {} for those under "
                            "way, and then end with all its sessions.",
                            with.server.name(), time));
  const auto answer = with.server.post("/inspector/api/drain", {{"milliseconds", request.at_most.count()}});
  print_outcome(with, answer, fmt::format("Ordered. sandboxd ends in {} at the latest.", time));
  return exit_code::done;
}

} // namespace sandboxd::sandboxctl
