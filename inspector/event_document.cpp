#include "inspector/event_document.hpp"

#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <algorithm>
#include <cstdint>

namespace sandboxd::inspector {

namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

} // namespace

std::string event_document(const supervision::journal_event& event) {
  http::json_writer json;
  json.number("sequence", event.sequence)
      .text("time", http::timestamp(event.time))
      .text("kind", to_string(event.kind))
      .text("path", event.path);
  if (!event.actor_kind.empty())
    json.text("actorKind", event.actor_kind);
  if (!event.text.empty())
    json.text("text", event.text);
  if (event.window_limit != 0 || event.window_count != 0)
    json.number("restartsInWindow", event.window_count).number("intensity", event.window_limit);
  return json.finish();
}

bool event_filter::passes(const supervision::journal_event& event) const {
  return is_at_or_below(event.path, path) && (kind.empty() || kind == to_string(event.kind)) &&
         (contains(event.text, text) || contains(event.path, text));
}

bool is_at_or_below(std::string_view path, std::string_view top) {
  if (top.ends_with('/'))
    top.remove_suffix(1);
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/' || top.empty());
}

bool contains(std::string_view text, std::string_view part) {
  return part.empty() || !std::ranges::search(text, part, {}, lower, lower).empty();
}

} // namespace sandboxd::inspector
