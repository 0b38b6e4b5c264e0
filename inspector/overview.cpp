#include "inspector/overview.hpp"

#include "http/json_writer.hpp"
#include "http/timestamp.hpp"
#include "inspector/health.hpp"
#include "inspector/process_figures.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

namespace sandboxd::inspector {

namespace {

/// The JSON array of what `describe` says of each.
template <class Items, class Describe>
std::string array_of(const Items& items, const Describe& describe) {
  std::string text = "[";
  for (const auto& one : items) {
    http::json_writer json;
    describe(json, one);
    text += (text.size() > 1 ? "," : "") + json.finish();
  }
  return text + "]";
}

std::string describe_kinds(const health& all) {
  return array_of(all.kinds, [](http::json_writer& json, const auto& item) {
    const auto& [kind, sum] = item;
    json.text("kind", kind)
        .number("actors", sum.actors)
        .number("depth", sum.depth)
        .number("received", sum.received)
        .number("handled", sum.handled)
        .number("restarts", sum.restarts);
  });
}

std::string describe_pools(const health& all) {
  return array_of(all.pools, [](http::json_writer& json, const health::pool& pool) {
    const auto& status = pool.status;
    json.text("language", name_of(status.spoken))
        .number("idle", status.idle)
        .number("starting", status.starting)
        .number("lent", status.lent)
        .number("waiting", status.waiting)
        .text("circuit", status.circuit)
        .number("retryAfterMilliseconds", status.retry_after.count());
    if (!status.problem.empty())
      json.text("problem", status.problem);
    json.number("minimum", pool.minimum).number("maximum", pool.maximum);
  });
}

std::string describe_budgets(const health& all) {
  return array_of(all.budgets, [](http::json_writer& json, const auto& budget) {
    json.text("name", budget.name)
        .text("unit", budget.unit)
        .number("used", budget.used)
        .number("limit", budget.limit)
        .text("setting", budget.setting);
  });
}

std::string describe_lints(const std::vector<lint>& lints) {
  return array_of(lints, [](http::json_writer& json, const lint& one) {
    json.text("rule", one.rule)
        .text("level", one.is_critical ? "critical" : "warning")
        .text("path", one.path)
        .text("text", one.text);
    if (!one.setting.empty())
      json.text("setting", one.setting);
    if (!one.request.empty())
      json.text("request", one.request);
  });
}

} // namespace

void show_overview(const call& incoming) {
  const auto& with = *incoming.with;
  const auto all = look_at_health(with);
  const auto uptime = std::chrono::system_clock::now() - with.started;
  http::json_writer json;
  json.text("version", with.sandbox->settings()->sandbox.version)
      .number("pid", ::getpid())
      .text("startedAt", http::timestamp(with.started))
      .number("uptimeMilliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(uptime).count())
      .number("rssBytes", all.own.rss_bytes)
      .number("cpuMilliseconds", all.own.cpu_milliseconds)
      .number("descriptors", all.own.descriptors)
      .number("threads", all.own.threads)
      .number("connections", with.connections())
      .number("bufferedBytes", with.buffered_bytes())
      .raw("kinds", describe_kinds(all))
      .raw("pools", describe_pools(all))
      .raw("budgets", describe_budgets(all))
      .raw("lints", describe_lints(find_lints(all)))
      .number("lastEvent", with.observer->events.last_sequence());
  incoming.send_json(json.finish());
}

} // namespace sandboxd::inspector
