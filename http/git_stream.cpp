#include "http/git_stream.hpp"

#include "http/git_document.hpp"
#include "http/json_writer.hpp"
#include "http/sse.hpp"

#include <utility>

namespace sandboxd::http {

namespace {

/// More than any event of a clone has: URL, directory and what git says are bounded.
constexpr std::size_t largest_event = 64u << 10;

} // namespace

std::shared_ptr<git_stream> git_stream::start(const call& incoming) {
  std::shared_ptr<git_stream> made(new git_stream(incoming));
  auto stream = incoming.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = incoming.settings().http.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  const auto body = paced_body::start(
      std::move(stream), incoming.settings().http.stream_window_bytes, largest_event,
      [made] { return made->next_piece(); }, nullptr, [made] { made->client_left(); });
  const std::lock_guard lock(made->mutex_);
  made->body_ = body;
  return made;
}

void git_stream::on_left(std::function<void()> left) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_) {
      left_ = std::move(left);
      return;
    }
  }
  left();
}

void git_stream::client_left() {
  std::function<void()> left;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    left = std::exchange(left_, nullptr);
  }
  if (left)
    left();
}

void git_stream::progressed(const git::clone_progress& progress) {
  {
    const std::lock_guard lock(mutex_);
    progress_ = progress;
  }
  pump();
}

void git_stream::end(std::string event) {
  {
    const std::lock_guard lock(mutex_);
    last_event_ = std::move(event);
  }
  pump();
}

void git_stream::pump() {
  std::shared_ptr<paced_body> body;
  {
    const std::lock_guard lock(mutex_);
    body = body_.lock();
  }
  if (body)
    body->pump();
}

body_piece git_stream::next_piece() {
  body_piece piece;
  const std::lock_guard lock(mutex_);
  if (const auto progress = std::exchange(progress_, std::nullopt)) {
    piece.bytes = clone_event("progress", json_writer()
                                              .text("phase", progress->phase)
                                              .number("done", progress->done)
                                              .number("total", progress->total)
                                              .number("bytes", progress->bytes)
                                              .text("timestamp", call_.now())
                                              .finish());
  } else if (!last_event_.empty()) {
    piece.bytes = std::exchange(last_event_, {});
    piece.last = true;
  }
  return piece;
}

} // namespace sandboxd::http
