#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/request_table.hpp"
#include "inspector/sandboxctl/terminal.hpp"
#include "inspector/sandboxctl/trace.hpp"
#include "inspector/sandboxctl/trace_report.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sandboxd::sandboxctl {

exit_code run_requests(const surroundings& with, const requests_request& request) {
  const auto answer = with.server.get(
      target("/inspector/api/requests", {{"actor", request.actor.empty() ? "" : actor_path(request.actor)},
                                         {"search", request.search},
                                         {"limit", std::to_string(request.limit)}}));
  if (with.wants_json) {
    print_raw(indented(answer));
    return exit_code::done;
  }
  const auto open = read_requests(member(answer, "open"));
  const auto ended = read_requests(member(answer, "ended"));
  if (open.empty() && ended.empty())
    complain("No such requests");
  else
    print(request_table(open, ended, time_now()), uncut(with.view)); // `trace` wants the whole id
  return exit_code::done;
}

exit_code run_trace(const surroundings& with, const trace_request& request) {
  const auto answer = with.server.get(target(
      "/inspector/api/trace", {{"id", request.id}, {"format", request.wants_open_telemetry ? "otlp" : ""}}));
  if (request.wants_open_telemetry)
    print_raw(one_line(answer));
  else if (with.wants_json)
    print_raw(indented(answer));
  else
    print(trace_report(read_trace(answer), time_now(), {.is_utf8 = with.view.is_utf8}), uncut(with.view));
  return exit_code::done;
}

} // namespace sandboxd::sandboxctl
