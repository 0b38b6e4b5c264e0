#include "inspector/journal_resource.hpp"

#include "http/json_writer.hpp"
#include "http/paced_body.hpp"
#include "http/sse.hpp"
#include "inspector/event_document.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sandboxd::inspector::journal_resource {

namespace {

constexpr std::uint64_t usual_page = 200;
constexpr std::uint64_t largest_page = 10'000;
constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

event_filter filter_of(const call& incoming) {
  return {incoming.parameter("path"), incoming.parameter("kind"), incoming.parameter("search")};
}

/// One reader's place in the journal, on the inspector's thread.
struct journal_stream : std::enable_shared_from_this<journal_stream> {
  std::weak_ptr<http::paced_body> body;
  event_filter filter;
  std::optional<supervision::journal::subscription> place;
  std::uint64_t told_missed = 0;

  /// Few enough that they fit `largest_piece`, whatever is in them.
  static constexpr std::size_t events_at_once = 100;
  static constexpr std::size_t largest_piece = 1u << 20;

  http::body_piece next_piece() {
    http::body_piece piece;
    for (bool has_more = true; has_more && piece.bytes.empty();) {
      const auto events = place->read(events_at_once);
      has_more = events.size() == events_at_once;
      if (const auto missed = place->missed(); missed != told_missed)
        piece.bytes = http::sse_event(http::json_writer()
                                          .text("type", "missed")
                                          .number("events", missed - std::exchange(told_missed, missed))
                                          .finish());
      for (const auto& event : events)
        if (filter.passes(event))
          piece.bytes += http::sse_event(
              http::json_writer().text("type", "journal").raw("event", event_document(event)).finish());
    }
    return piece;
  }
};

} // namespace

void list(const call& incoming) {
  const auto after = incoming.number("after", 0, 0, all);
  const auto limit = after ? incoming.number("limit", usual_page, 1, largest_page) : std::nullopt;
  if (!limit)
    return;
  const auto filter = filter_of(incoming);
  const auto& journal = incoming.with->observer->events;
  // Whoever has read of the daemon before this one begins anew.
  auto newest =
      journal.last_sequence(); // before they are read: what comes meanwhile is behind it, or among them
  auto found = journal.read(*after > newest ? 0 : *after);
  if (!found.empty())
    newest = std::max(newest, found.back().sequence);
  std::erase_if(found, [&](const auto& event) { return !filter.passes(event); });
  const bool wants_newest = incoming.parameter("after").empty();
  if (found.size() > *limit)
    wants_newest ? found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(*limit))
                 : found.erase(found.begin() + static_cast<std::ptrdiff_t>(*limit), found.end());
  std::string events = "[";
  for (const auto& event : found)
    events += (events.size() > 1 ? "," : "") + event_document(event);
  incoming.send_json(http::json_writer()
                         .raw("events", events + "]")
                         .number("last", found.empty() ? std::min(*after, newest) : found.back().sequence)
                         .number("newest", newest)
                         .finish());
}

void follow(const call& incoming) {
  const auto after = incoming.number("after", incoming.with->observer->events.last_sequence(), 0, all);
  if (!after)
    return;
  const auto settings = incoming.with->sandbox->settings();
  const auto made = std::make_shared<journal_stream>();
  made->filter = filter_of(incoming);
  made->place.emplace(incoming.with->observer->events.subscribe(
      [weak = std::weak_ptr(made), &io = incoming.with->io] {
        asio::post(io, [weak] {
          const auto self = weak.lock();
          if (const auto body = self ? self->body.lock() : nullptr)
            body->pump();
        });
      },
      *after));
  auto stream = incoming.answer->stream(200, http::event_stream_headers(), http::stream_kind::events);
  stream->keep_alive(std::string(http::keepalive_comment), settings->http.keepalive_comment_interval);
  const auto body = http::paced_body::start(
      std::move(stream), settings->http.stream_window_bytes + journal_stream::largest_piece,
      journal_stream::largest_piece, [made] { return made->next_piece(); });
  made->body = body;
  body->pump();
}

} // namespace sandboxd::inspector::journal_resource
