#pragma once

#include "inspector/sandboxctl/client.hpp"
#include "inspector/sandboxctl/failure.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// One function for each command. They print to standard output and throw `failure`.
namespace sandboxd::sandboxctl {

/// What every command has.
struct surroundings {
  client& server;
  std::function<std::unique_ptr<client>()> another_client; ///< for a second call at the same time
  look view;
  bool wants_json = false;
  bool says_yes = false; ///< changes need no confirmation
};

struct tree_request {
  std::string path;
  bool wants_all = false;
};
exit_code run_tree(const surroundings& with, const tree_request& request);

struct top_request {
  bool is_once = false;
};
exit_code run_top(const surroundings& with, const top_request& request);

struct show_request {
  std::string path;
};
exit_code run_show(const surroundings& with, const show_request& request);

/// Empty filters let everything pass.
struct events_request {
  bool follows = false;
  std::string path;
  std::string kind;
  std::string search;
  std::size_t last = 50; ///< that are shown of what was before
};
exit_code run_events(const surroundings& with, const events_request& request);

/// Empty filters let everything pass.
struct requests_request {
  std::string actor;
  std::string search;
  std::size_t limit = 50; ///< of those under way, and of those that have ended
};
exit_code run_requests(const surroundings& with, const requests_request& request);

struct trace_request {
  std::string id;                    ///< of the request, of its trace or of its span
  bool wants_open_telemetry = false; ///< as the interface gives it for OpenTelemetry
};
exit_code run_trace(const surroundings& with, const trace_request& request);

struct actor_request {
  std::string path;
};
exit_code run_restart(const surroundings& with, const actor_request& request);
exit_code run_stop(const surroundings& with, const actor_request& request);

struct signal_request {
  std::string path;
  std::string signal; ///< its name with SIG
};
exit_code run_signal(const surroundings& with, const signal_request& request);

struct breaker_request {
  std::string language;
  std::string action; ///< reset or trip
};
exit_code run_breaker(const surroundings& with, const breaker_request& request);

struct cut_request {
  std::string id; ///< of the request, of its trace or of its span
};
exit_code run_cut(const surroundings& with, const cut_request& request);

struct drain_request {
  std::chrono::milliseconds at_most{};
};
exit_code run_drain(const surroundings& with, const drain_request& request);

/// Shows, unless there is a bound to change.
struct pools_request {
  std::string language; ///< empty: all of them
  std::optional<std::uint64_t> minimum;
  std::optional<std::uint64_t> maximum; ///< 0: no limit
};
exit_code run_pools(const surroundings& with, const pools_request& request);

/// Shows, unless there is a value to change to.
struct settings_request {
  std::string name; ///< empty: all of them
  std::optional<std::string> value;
};
exit_code run_settings(const surroundings& with, const settings_request& request);

exit_code run_doctor(const surroundings& with);

} // namespace sandboxd::sandboxctl
