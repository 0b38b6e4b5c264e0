#pragma once

#include "bench/connection.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// A server under measurement. Both kinds are driven with the same bodies, those of dialect A.
struct target {
  std::string name;
  endpoint server;
  bool deletes_sessions = false; ///< has `/api/session/delete`; otherwise a session is ended by `exit`
};

/// How long and in what portions to measure.
struct row_plan {
  std::chrono::milliseconds duration; ///< for each target, summed over the slices
  int slices = 10;                    ///< each slice measures every target once, in alternating order
  std::chrono::milliseconds patience; ///< longest wait for one answer
  std::string directory;              ///< existing directory that sessions start in
};

/// Names of the rows that `measure_row` knows.
const std::vector<std::string_view>& row_names();

/// Measures one row on all targets in turn. Returns for every target, keyed by its name:
/// `{"latency":<summary>,"first_output":<summary, streams only>,"failures":N,"first_failure":text,
///   "seconds":measured wall time,"per_second":right answers per second,"client_cpu_share":share of one
///   core}`.
/// Setting sessions up and ending them is neither timed nor counted. Throws std::invalid_argument for an
/// unknown row and std::runtime_error when a session cannot be set up.
nlohmann::json measure_row(std::string_view name, const std::vector<target>& targets, const row_plan& plan);

} // namespace sandboxd::bench
