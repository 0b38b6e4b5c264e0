#include "inspector/trace_resource.hpp"

#include "http/json_writer.hpp"
#include "inspector/event_document.hpp"
#include "inspector/trace_document.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace sandboxd::inspector::trace_resource {

namespace {

constexpr std::uint64_t usual_page = 100;
constexpr std::uint64_t largest_page = 10'000;

bool mentions(const supervision::trace& one, const std::string& text) {
  const auto& about = one.about();
  return contains(about.request_id, text) || contains(about.path, text) || contains(about.method, text) ||
         contains(to_string(one.context().id), text) ||
         contains(supervision::span_text(one.context().span), text);
}

/// The JSON array of those that were asked for, in their order.
std::string pick(const std::vector<supervision::trace_ptr>& from, const std::string& actor,
                 const std::string& search, std::uint64_t limit) {
  std::string text = "[";
  for (const auto& one : from) {
    if (limit == 0)
      break;
    if ((!actor.empty() && !one->has_visited(actor)) || !mentions(*one, search))
      continue;
    text += (text.size() > 1 ? "," : "") + request_document(one->glance());
    --limit;
  }
  return text + "]";
}

} // namespace

void list(const call& incoming) {
  const auto limit = incoming.number("limit", usual_page, 1, largest_page);
  if (!limit)
    return;
  const auto actor = incoming.parameter("actor");
  const auto search = incoming.parameter("search");
  const auto& traces = incoming.with->observer->traces;
  incoming.send_json(http::json_writer()
                         .raw("open", pick(traces.open(), actor, search, *limit))
                         .raw("ended", pick(traces.ended(), actor, search, *limit))
                         .finish());
}

void show(const call& incoming) {
  const auto id = incoming.parameter("id");
  const auto format = incoming.parameter("format");
  if (id.empty())
    return incoming.send_error(http::validation_report({{"id", "id is required", "required"}}));
  if (!format.empty() && format != "otlp")
    return incoming.send_error(
        http::validation_report({{"format", "format must be otlp, or absent", "invalid_value"}}));
  const auto found = incoming.with->observer->traces.find(id);
  if (found.empty())
    return incoming.send_problem(404, "NOT_FOUND",
                                 fmt::format("There is no trace of a request {}: it has never come, or was "
                                             "not traced (inspector.traces-per-second), or "
                                             "inspector.traces-kept others have ended since",
                                             id));
  const auto trace = found.front()->look();
  incoming.send_json(format.empty() ? trace_document(trace) : open_telemetry_document(trace));
}

} // namespace sandboxd::inspector::trace_resource
