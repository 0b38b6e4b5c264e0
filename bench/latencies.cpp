#include "bench/latencies.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sys/resource.h>

namespace sandboxd::bench {

namespace {

constexpr double nanoseconds_per_millisecond = 1e6;

} // namespace

double latencies::total_seconds() const {
  return std::accumulate(samples_.begin(), samples_.end(), 0.0) / 1e9;
}

nlohmann::json latencies::summary() const {
  nlohmann::json result{{"count", count()}};
  if (samples_.empty())
    return result;
  auto sorted = samples_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::max<std::size_t>(rank, 1) - 1]) / nanoseconds_per_millisecond;
  };
  const auto sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  result["mean_ms"] = sum / static_cast<double>(sorted.size()) / nanoseconds_per_millisecond;
  result["p50_ms"] = at(0.50);
  result["p99_ms"] = at(0.99);
  result["max_ms"] = at(1.0);
  return result;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace sandboxd::bench
