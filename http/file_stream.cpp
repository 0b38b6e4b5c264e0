#include "http/file_stream.hpp"

#include "http/base64.hpp"
#include "http/json_writer.hpp"
#include "http/sse.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

/// Bytes of a file in one `chunk`; a multiple of three, so that no base64 but the last is padded.
constexpr std::size_t chunk_bytes = 65535;

std::string error_event(const std::string& message) {
  return sse_event(json_writer(json_charset::ascii).text("type", "error").text("error", message).finish());
}

std::string metadata_event(const actors::file_description& description) {
  return sse_event(json_writer(json_charset::ascii)
                       .text("type", "metadata")
                       .text("mimeType", description.mime_type)
                       .number("size", description.size)
                       .boolean("isBinary", !description.is_text)
                       .text("encoding", description.is_text ? "utf-8" : "base64")
                       .finish());
}

} // namespace

void file_stream::start(const call& incoming, std::shared_ptr<actors::open_file> file) {
  const std::shared_ptr<file_stream> made(new file_stream(std::move(file)));
  auto stream = incoming.answer->stream(200, event_stream_headers(), stream_kind::events);
  auto body = paced_body::start(std::move(stream), incoming.settings().http.stream_window_bytes, chunk_bytes,
                                [made] { return made->next_piece(); });
  {
    const std::lock_guard lock(made->mutex_);
    made->body_ = body;
  }
  body->pump();
}

void file_stream::fail(const call& incoming, const actors::failure& reason, const std::string& path) {
  const auto report =
      file_error(reason, streaming, incoming.spoken == dialect::a || reason.path.empty() ? path : reason.path,
                 incoming.spoken);
  if (is_unsuccessful_in_a(reason))
    refuse(incoming, report.message);
  else
    incoming.send_error(report);
}

void file_stream::refuse(const call& incoming, const std::string& message) {
  response whole;
  whole.headers = event_stream_headers();
  whole.body = error_event(message);
  incoming.answer->send(std::move(whole));
}

file_stream::file_stream(std::shared_ptr<actors::open_file> file)
    : file_(std::move(file)), as_text_(file_->description().is_text),
      ready_(metadata_event(file_->description())) {}

void file_stream::read_on() {
  file_->read(chunk_bytes, actors::reply<std::string>([self = shared_from_this()](auto result) {
                self->on_read(std::move(result));
              }));
}

void file_stream::on_read(actors::result_of<std::string> result) {
  std::shared_ptr<paced_body> body;
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (const auto* reason = std::get_if<actors::failure>(&result)) {
      ready_ = error_event(reason->message);
      ended_ = true;
    } else {
      auto& bytes = std::get<std::string>(result);
      bytes_read_ += bytes.size();
      ended_ = bytes.size() < chunk_bytes;
      ready_ = chunk_event(std::move(bytes), ended_);
      if (ended_)
        ready_ += sse_event(json_writer(json_charset::ascii)
                                .text("type", "complete")
                                .number("bytesRead", bytes_read_)
                                .finish());
    }
    body = body_.lock();
  }
  if (body)
    body->pump();
}

std::string file_stream::chunk_event(std::string bytes, bool is_last) {
  std::string data;
  if (as_text_) {
    bytes = std::exchange(carried_, {}) + bytes;
    const std::size_t cut = is_last ? 0 : actors::incomplete_utf8_tail(bytes);
    carried_ = bytes.substr(bytes.size() - cut);
    data = bytes.substr(0, bytes.size() - cut);
  } else {
    data = encode_base64(bytes);
  }
  if (data.empty())
    return {};
  return sse_event(json_writer(json_charset::ascii).text("type", "chunk").text("data", data).finish());
}

body_piece file_stream::next_piece() {
  bool read = false;
  body_piece piece;
  {
    const std::lock_guard lock(mutex_);
    piece.bytes = std::exchange(ready_, {});
    piece.last = ended_;
    read = !ended_ && !std::exchange(reading_, true);
  }
  if (read)
    read_on();
  return piece;
}

} // namespace sandboxd::http
