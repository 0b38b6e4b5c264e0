#include "http/process_stream.hpp"

#include "http/json_writer.hpp"
#include "http/process_document.hpp"
#include "http/sse.hpp"

#include <fmt/format.h>

#include <utility>

namespace sandboxd::http {

namespace {

/// Bytes of output in one event; in JSON at most six times as many.
constexpr std::size_t most_in_an_event = 8u << 10;

/// What an event needs besides its text.
constexpr std::size_t event_frame_bytes = 512;

/// One event at a time is on its way to the kernel, so that a turn of the thread that serves many followers
/// of busy processes is a short one, and whoever else it serves is not kept waiting.
constexpr std::size_t window = 6 * most_in_an_event + event_frame_bytes;

} // namespace

void process_stream::start(const call& incoming, actors::tracked_process_ptr process, log_offsets from) {
  const std::shared_ptr<process_stream> made(new process_stream(incoming, std::move(process), from));
  auto stream = incoming.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = incoming.settings().http.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  const auto body =
      paced_body::start(std::move(stream), window, window, [made] { return made->next_piece(); });
  // Weak: it is the body that holds this object, and both end with the connection.
  auto following = made->process_->log.follow([weak = std::weak_ptr(made)] {
    const auto self = weak.lock();
    if (!self)
      return;
    std::shared_ptr<paced_body> waiting;
    {
      const std::lock_guard lock(self->mutex_);
      waiting = self->body_.lock();
    }
    if (waiting)
      waiting->pump();
  });
  {
    const std::lock_guard lock(made->mutex_);
    made->body_ = body;
    made->following_ = std::move(following);
  }
  body->pump();
}

process_stream::process_stream(call incoming, actors::tracked_process_ptr process, log_offsets from)
    : call_(std::move(incoming)), process_(std::move(process)) {
  out_.position = from.out;
  err_.position = from.err;
}

body_piece process_stream::next_piece() {
  body_piece piece;
  const std::lock_guard lock(mutex_);
  if (!std::exchange(begun_, true) && call_.spoken != dialect::a) {
    piece.bytes = info_event();
    return piece;
  }
  const bool closed = process_->log.closed(); // before looking, so that nothing comes in between
  for (int tries = 0; tries < 2 && piece.bytes.empty(); ++tries)
    piece.bytes = next_event(std::exchange(error_stream_next_, !error_stream_next_));
  if (piece.bytes.empty() && closed) {
    piece.bytes = last_events();
    piece.last = true;
    following_.reset();
  }
  return piece;
}

/// Empty when there is nothing new.
std::string process_stream::next_event(bool is_error_stream) {
  auto& from = is_error_stream ? err_ : out_;
  std::string text;
  for (bool is_end = false; text.empty() && !is_end;) { // a piece may be but the beginning of a character
    const auto piece = process_->log.read(is_error_stream, from.position, most_in_an_event);
    is_end = piece.bytes.empty();
    if (piece.position > from.position)
      text += output_event(is_error_stream, from.position, [&] {
        std::string mark;
        append_json_string(mark, dropped_mark(piece.position - from.position), json_charset::ascii);
        return mark.substr(1, mark.size() - 2);
      }());
    from.position = piece.next();
    std::string data;
    from.encoder.encode(piece.bytes, data);
    if (!data.empty())
      text += output_event(is_error_stream, piece.position, data);
  }
  return text;
}

std::string process_stream::output_event(bool is_error_stream, std::uint64_t offset,
                                         std::string_view data) const {
  return sse_event(json_writer(json_charset::ascii)
                       .text("type", is_error_stream ? "stderr" : "stdout")
                       .raw("data", fmt::format("\"{}\"", data))
                       .number("offset", offset)
                       .text("processId", process_->id())
                       .text("sessionId", process_->session())
                       .text("timestamp", call_.now())
                       .finish());
}

std::string process_stream::info_event() const {
  const auto record = process_->record();
  return sse_event(json_writer(json_charset::ascii)
                       .text("type", "process_info")
                       .text("processId", record.id)
                       .text("command", record.command)
                       .text("status", to_string(record.status))
                       .text("timestamp", call_.now())
                       .finish());
}

/// A character that stayed incomplete, then the end in the words of the dialect (HTTP.md 2.4).
std::string process_stream::last_events() {
  std::string text;
  for (const bool is_error_stream : {false, true}) {
    auto& from = is_error_stream ? err_ : out_;
    std::string data;
    from.encoder.finish(data);
    if (!data.empty())
      text += output_event(is_error_stream, from.position, data);
  }
  const auto record = process_->record();
  // Clients take a missing code for 1.
  const int exit_code = record.exit_code.value_or(1);
  if (call_.spoken != dialect::b)
    text += sse_event(json_writer(json_charset::ascii)
                          .text("type", "complete")
                          .text("status", to_string(record.status))
                          .number("exitCode", exit_code)
                          .text("processId", record.id)
                          .text("sessionId", record.session)
                          .text("timestamp", call_.now())
                          .finish());
  if (call_.spoken != dialect::a)
    text += sse_event(
        json_writer(json_charset::ascii)
            .text("type", "exit")
            .text("processId", record.id)
            .number("exitCode", exit_code)
            .text("data", fmt::format("Process {} with exit code {}", to_string(record.status), exit_code))
            .text("timestamp", call_.now())
            .finish());
  return text;
}

} // namespace sandboxd::http
