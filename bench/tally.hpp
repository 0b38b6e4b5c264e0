#pragma once

#include "bench/latencies.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace sandboxd::bench {

/// What the conversations with one target have measured so far in one row, and until when they go on.
struct tally {
  latencies whole;
  latencies first_output;   ///< of streams only
  latencies ready;          ///< of code contexts only: up to the end of the first code in each
  latencies together;       ///< of requests sent at once only: up to the last answer
  std::size_t received = 0; ///< bytes of right answers; only where bandwidth is measured, on one connection
  std::size_t failures = 0;
  std::string first_failure;
  std::chrono::steady_clock::time_point deadline;
  double wall_seconds = 0;
  double untimed_seconds = 0; ///< share of the wall time in which a lone connection did what is not counted
  double client_seconds = 0;

  /// False when the slice is over, or nothing has succeeded and measuring on would only wait for more
  /// failures.
  bool goes_on() const;

  /// Counts an answer: its latency, or what is wrong with it.
  void record(std::chrono::nanoseconds latency, const std::string& failure);

  /// `{"latency":<summary>,"first_output":<summary>,"ready":<summary>,"together":<summary>, these three only
  ///   where they are measured,"failures":N,"first_failure":text,
  ///   "seconds":measured wall time,"per_second":right answers per second of timed work,
  ///   "mebibytes_per_second":while answers were awaited, bandwidth only,"client_cpu_share":share of one
  ///   core}`.
  nlohmann::json summary() const;
};

} // namespace sandboxd::bench
