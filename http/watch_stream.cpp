#include "http/watch_stream.hpp"

#include "http/sse.hpp"
#include "http/watch_document.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>
#include <vector>

namespace sandboxd::http {

namespace {

/// Events leave together up to this size, in bytes.
constexpr std::size_t enough_at_once = 16u << 10;

/// And one more, whose path may have some thousand bytes, in JSON six times as many.
constexpr std::size_t largest_event = 64u << 10;

} // namespace

void watch_stream::watching(const std::string& watch_id, actors::watch_control control) {
  const auto& settings = call_.settings().http;
  {
    const std::lock_guard lock(mutex_);
    first_ = watching_event(wanted_.wanted.path, watch_id);
  }
  auto stream = call_.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = settings.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  const auto body = paced_body::start(
      std::move(stream), settings.stream_window_bytes, enough_at_once + largest_event,
      [self = shared_from_this()] { return self->next_piece(); },
      [take_more = control.take_more](std::size_t) { take_more(); }, control.leave);
  {
    const std::lock_guard lock(mutex_);
    body_ = body;
  }
  body->pump();
}

void watch_stream::changed(actors::watch_changes batch) {
  add(std::move(batch));
  pump();
}

void watch_stream::ended(actors::watch_changes rest, actors::watch_end how) {
  add(std::move(rest));
  {
    const std::lock_guard lock(mutex_);
    last_ = end_event(how);
  }
  pump();
}

void watch_stream::failed(actors::failure reason) {
  call_.send_error(watch_error(call_, reason, wanted_));
}

void watch_stream::add(actors::watch_changes batch) {
  if (batch.dropped > 0)
    call_.with->log(config::log_level::warn,
                    fmt::format("request {} reads too slowly: {} changes of {} were dropped",
                                call_.request_id, batch.dropped, wanted_.wanted.path));
  const std::lock_guard lock(mutex_);
  waiting_.erase(waiting_.begin(),
                 std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(std::exchange(sent_, 0))));
  waiting_.insert(waiting_.end(), std::make_move_iterator(batch.changes.begin()),
                  std::make_move_iterator(batch.changes.end()));
}

void watch_stream::pump() {
  std::shared_ptr<paced_body> body;
  {
    const std::lock_guard lock(mutex_);
    body = body_.lock();
  }
  if (body)
    body->pump();
}

/// The first event and the end of each batch carry credit, which asks for the next batch.
body_piece watch_stream::next_piece() {
  body_piece piece;
  const std::lock_guard lock(mutex_);
  if (!first_.empty()) {
    piece.bytes = std::exchange(first_, {});
    piece.credit = 1;
    return piece;
  }
  const bool any = sent_ < waiting_.size();
  while (sent_ < waiting_.size() && piece.bytes.size() < enough_at_once)
    piece.bytes += change_event(waiting_[sent_++]);
  if (sent_ < waiting_.size())
    return piece;
  waiting_.clear();
  sent_ = 0;
  piece.credit = any ? 1 : 0;
  piece.bytes += last_;
  piece.last = !std::exchange(last_, {}).empty();
  return piece;
}

} // namespace sandboxd::http
