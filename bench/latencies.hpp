#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace sandboxd::bench {

/// Every latency of one row, kept one by one so that percentiles are exact.
class latencies {
public:
  void add(std::chrono::nanoseconds latency) { samples_.push_back(latency.count()); }

  std::size_t count() const { return samples_.size(); }

  double total_seconds() const;

  /// `{"count":N,"mean_ms":..,"p50_ms":..,"p99_ms":..,"max_ms":..}`, without the times when there are none.
  /// A percentile is the smallest sample that is not below that share of all (nearest rank).
  nlohmann::json summary() const;

private:
  std::vector<std::chrono::nanoseconds::rep> samples_;
};

/// Seconds of processor time this process has used so far, in user and kernel mode.
double processor_seconds();

} // namespace sandboxd::bench
