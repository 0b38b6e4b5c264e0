#include "inspector/actor_stream.hpp"

#include "http/json_string.hpp"
#include "http/json_writer.hpp"
#include "http/sse.hpp"
#include "http/timestamp.hpp"
#include "inspector/actor_document.hpp"

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

namespace sandboxd::inspector {

namespace {

/// In one event; an actor takes some hundred bytes, and at most ten thousand.
constexpr std::size_t actors_at_once = 100;
constexpr std::size_t largest_event = 1u << 20;

} // namespace

actor_stream::actor_stream(const call& incoming, std::chrono::milliseconds interval)
    : interval_(interval), timer_(incoming.with->io), feed_(incoming.with->observer->actors) {}

void actor_stream::start(const call& incoming, std::chrono::milliseconds interval) {
  const std::shared_ptr<actor_stream> made(new actor_stream(incoming, interval));
  const auto settings = incoming.with->sandbox->settings();
  auto stream = incoming.answer->stream(200, http::event_stream_headers(), http::stream_kind::events);
  stream->keep_alive(std::string(http::keepalive_comment), settings->http.keepalive_comment_interval);
  const auto body = http::paced_body::start(
      std::move(stream), settings->http.stream_window_bytes + largest_event, largest_event,
      [made] { return made->next_piece(); }, nullptr, [made] { made->timer_.cancel(); });
  made->body_ = body;
  made->tick();
}

void actor_stream::tick() {
  const auto body = body_.lock();
  if (!body)
    return;
  if (!looked_) {
    unsent_ = feed_.look();
    looked_ = true;
  }
  body->pump();
  timer_.expires_after(interval_);
  timer_.async_wait([self = shared_from_this()](const std::error_code& error) {
    if (!error)
      self->tick();
  });
}

http::body_piece actor_stream::next_piece() {
  if (!looked_)
    return {};
  std::string actors = "[";
  const auto count = std::min(actors_at_once, unsent_.changed.size());
  for (std::size_t sent = 0; sent < count; ++sent) {
    actors += (sent > 0 ? "," : "") + actor_document(unsent_.changed.back()->snapshot());
    unsent_.changed.pop_back();
  }
  http::json_writer event;
  event.text("type", "actors").text("time", http::timestamp(std::chrono::system_clock::now()));
  event.raw("actors", actors + "]").texts("gone", std::exchange(unsent_.gone, {}));
  looked_ = !unsent_.changed.empty();
  event.boolean("complete", !looked_);
  return {http::sse_event(event.finish()), 0, false};
}

} // namespace sandboxd::inspector
