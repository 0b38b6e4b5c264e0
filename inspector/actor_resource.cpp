#include "inspector/actor_resource.hpp"

#include "http/json_writer.hpp"
#include "inspector/actor_document.hpp"
#include "inspector/actor_stream.hpp"
#include "inspector/event_document.hpp"
#include "inspector/process_figures.hpp"
#include "supervision/actor_record.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::inspector::actor_resource {

namespace {

using supervision::actor_snapshot;

constexpr std::uint64_t usual_page = 1000;
constexpr std::uint64_t largest_page = 10'000;

bool mentions(const actor_snapshot& actor, const std::string& text) {
  return contains(actor.path, text) || contains(actor.status, text) || contains(actor.last_error, text) ||
         std::ranges::any_of(actor.details, [&](const auto& detail) {
           const auto* value = std::get_if<std::string>(&detail.value);
           return value != nullptr && contains(*value, text);
         });
}

/// Events of one actor that are told with it.
constexpr std::size_t recent_events = 20;

std::string recent_events_of(const supervision::journal& journal, const std::string& path) {
  auto events = journal.read();
  std::erase_if(events, [&](const auto& event) { return event.path != path; });
  if (events.size() > recent_events)
    events.erase(events.begin(), events.end() - recent_events);
  std::string text = "[";
  for (const auto& event : events)
    text += (text.size() > 1 ? "," : "") + event_document(event);
  return text + "]";
}

} // namespace

void list(const call& incoming) {
  const auto limit = incoming.number("limit", usual_page, 1, largest_page);
  if (!limit)
    return;
  const auto under = incoming.parameter("under");
  const auto kind = incoming.parameter("kind");
  const auto search = incoming.parameter("search");
  const auto after = incoming.parameter("after");
  std::string text = "[";
  std::uint64_t shown = 0;
  std::uint64_t matching = 0;
  for (const auto& actor : incoming.with->observer->actors->snapshot()) {
    if (!is_at_or_below(actor.path, under) || (!kind.empty() && actor.kind != kind) ||
        !mentions(actor, search))
      continue;
    ++matching;
    if (shown == *limit || (!after.empty() && actor.path <= after))
      continue;
    text += (shown++ > 0 ? "," : "") + actor_document(actor);
  }
  incoming.send_json(http::json_writer().number("total", matching).raw("actors", text + "]").finish());
}

void show(const call& incoming) {
  const auto path = incoming.parameter("path");
  const auto record = incoming.with->observer->actors->record(path);
  if (!record) {
    if (path.empty())
      return incoming.send_error(http::validation_report({{"path", "path is required", "required"}}));
    return incoming.send_problem(404, "NOT_FOUND", "No actor lives at " + path);
  }
  incoming.send_json(http::json_writer()
                         .members(full_actor_members(record->snapshot()))
                         .raw("processes", process_documents(record->snapshot().process))
                         .raw("events", recent_events_of(incoming.with->observer->events, path))
                         .finish());
}

void follow(const call& incoming) {
  constexpr std::uint64_t second = 1000;
  if (const auto interval = incoming.number("interval", second, 100, 60 * second))
    actor_stream::start(incoming, std::chrono::milliseconds(*interval));
}

} // namespace sandboxd::inspector::actor_resource
