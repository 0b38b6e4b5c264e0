#include "inspector/sandboxctl/overview.hpp"

#include <nlohmann/json.hpp>

namespace sandboxd::sandboxctl {

namespace {

pool read_pool(const json& document) {
  return {.language = text_of(document, "language"),
          .idle = count_of(document, "idle"),
          .starting = count_of(document, "starting"),
          .lent = count_of(document, "lent"),
          .waiting = count_of(document, "waiting"),
          .circuit = text_of(document, "circuit"),
          .retry_after_milliseconds = count_of(document, "retryAfterMilliseconds"),
          .problem = text_of(document, "problem"),
          .minimum = count_of(document, "minimum"),
          .maximum = count_of(document, "maximum")};
}

lint read_lint(const json& document) {
  return {.rule = text_of(document, "rule"),
          .level = text_of(document, "level"),
          .path = text_of(document, "path"),
          .text = text_of(document, "text"),
          .setting = text_of(document, "setting")};
}

} // namespace

overview read_overview(const json& document) {
  overview read{.version = text_of(document, "version"),
                .pid = number_of(document, "pid"),
                .started_at = text_of(document, "startedAt"),
                .uptime_milliseconds = count_of(document, "uptimeMilliseconds"),
                .rss_bytes = count_of(document, "rssBytes"),
                .cpu_milliseconds = count_of(document, "cpuMilliseconds"),
                .descriptors = count_of(document, "descriptors"),
                .threads = count_of(document, "threads"),
                .connections = count_of(document, "connections"),
                .actors = 0,
                .pools = {},
                .lints = {}};
  for (const auto& kind : member(document, "kinds"))
    read.actors += count_of(kind, "actors");
  for (const auto& one : member(document, "pools"))
    read.pools.push_back(read_pool(one));
  for (const auto& one : member(document, "lints"))
    read.lints.push_back(read_lint(one));
  return read;
}

std::optional<double> cpu_share(const overview& before, const overview& now) {
  if (now.started_at != before.started_at || now.uptime_milliseconds <= before.uptime_milliseconds ||
      now.cpu_milliseconds < before.cpu_milliseconds)
    return std::nullopt;
  return static_cast<double>(now.cpu_milliseconds - before.cpu_milliseconds) /
         static_cast<double>(now.uptime_milliseconds - before.uptime_milliseconds);
}

} // namespace sandboxd::sandboxctl
