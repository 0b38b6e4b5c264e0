#include "bench/tally.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace sandboxd::bench {

bool tally::goes_on() const {
  return std::chrono::steady_clock::now() < deadline && (failures == 0 || whole.count() > 0);
}

void tally::record(std::chrono::nanoseconds latency, const std::string& failure) {
  if (failure.empty()) {
    whole.add(latency);
    return;
  }
  if (failures++ == 0)
    first_failure = failure;
}

nlohmann::json tally::summary() const {
  nlohmann::json result{{"latency", whole.summary()},
                        {"failures", failures},
                        {"seconds", wall_seconds},
                        {"per_second", static_cast<double>(whole.count()) / (wall_seconds - untimed_seconds)},
                        {"client_cpu_share", client_seconds / wall_seconds}};
  if (!first_failure.empty())
    result["first_failure"] = first_failure;
  const std::initializer_list<std::pair<const char*, const latencies&>> more{
      {"first_output", first_output}, {"ready", ready}, {"together", together}};
  for (const auto& [name, times] : more)
    if (times.count() > 0)
      result[name] = times.summary();
  if (received > 0)
    result["mebibytes_per_second"] = static_cast<double>(received) / (1024 * 1024) / whole.total_seconds();
  return result;
}

} // namespace sandboxd::bench
