#pragma once

#include "supervision/trace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// Whether two header names are the same (ASCII letters compare without case, RFC 9110 section 5.1).
[[nodiscard]] bool same_field_name(std::string_view left, std::string_view right);

/// Bytes of capacity behind a request's body, where a parser may look ahead (as simdjson does).
inline constexpr std::size_t body_padding = 64;

/// One parsed request, whole. Lives as long as the handler wants it (shared).
struct request {
  /// Upper case, for example "POST". A HEAD request arrives as "GET": the server drops the body of its
  /// answer.
  std::string method;
  /// As on the request line, still percent-encoded, without the query.
  std::string path;
  /// What follows the '?', still encoded, empty when there is none.
  std::string query;
  /// All header fields in the order received, except those about framing (Content-Length, Transfer-Encoding,
  /// Expect), which the server has dealt with.
  header_list headers;
  /// Usually with `body_padding` bytes of capacity left.
  std::string body;
  /// Unique per daemon run, or the client's `X-Request-Id` when it is short and harmless; sent back in
  /// `X-Request-Id` of every response and named in every log line of the request.
  std::string id;
  /// Whether it came after the server had stopped listening.
  bool late = false;
  /// What is done for it; null: that is not traced.
  supervision::trace_ptr trace;

  /// The value of the first header of this name (case-insensitive), or nullptr.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

using request_ptr = std::shared_ptr<const request>;

/// A response that is known whole.
struct response {
  int status = 200;
  /// `Content-Type` and whatever else belongs to this response; the CORS headers (unless
  /// `server_hooks::any_origin` is false) and `X-Request-Id` are added by the server to every response.
  header_list headers;
  std::string body;
  /// The code of an error, for the access log.
  std::string code = {};
};

/// The body of a response that is sent piece by piece (chunked transfer). All functions may be called from
/// any thread. Destroying the last reference without `finish` cuts the connection, so that the client sees
/// the body as incomplete instead of as ended.
class response_stream {
public:
  virtual ~response_stream() = default;

  /// Queues bytes. The caller bounds what it queues by waiting for `on_drained`. Pieces queued while an
  /// earlier one is being sent leave together. Ignored after `finish` and when the client is gone.
  virtual void write(std::string bytes) = 0;

  /// Ends the body after everything queued. Later calls do nothing.
  virtual void finish() = 0;

  /// `drained(n)`: n more bytes given to `write` are in the kernel's buffer. Runs on an I/O thread. Set
  /// before the first `write`.
  virtual void on_drained(std::function<void(std::size_t bytes)> drained) = 0;

  /// `closed()`: the client is gone, or took no byte for `http.stream-stall-timeout`; also noticed while
  /// nothing is written. At most once, on an I/O thread, never after `finish` completed. Calls at once when
  /// it has happened.
  virtual void on_closed(std::function<void()> closed) = 0;

  /// Sends `text` whenever nothing was written for `interval`, until the body ends; an interval of 0 stops
  /// that. These bytes are not reported to `on_drained`. The text stands between two `write`s: write whole
  /// events only, or stop it before.
  virtual void keep_alive(std::string text, std::chrono::milliseconds interval) = 0;
};

/// What a body sent piece by piece is, which decides what the end of the client's input means: a client that
/// closes its sending side may still want a document whole, but nobody follows events that way.
enum class stream_kind : std::uint8_t { events, document };

/// The right to answer one request, exactly once. Copies share it. When the last copy is destroyed without an
/// answer the client gets a 500 in the union error form of HTTP.md 3.1.
class responder {
public:
  virtual ~responder() = default;

  /// Answers with a whole response. May be called from any thread. A second answer is ignored and logged as a
  /// bug.
  virtual void send(response whole) = 0;

  /// Answers with status and headers now and the body piece by piece.
  /// When the request has been answered already, the stream is closed from the start.
  [[nodiscard]] virtual std::shared_ptr<response_stream> stream(int status, header_list headers,
                                                                stream_kind kind) = 0;

  /// `left()`: the client is gone, or has stopped sending, before the answer began. Who waits for a whole
  /// answer and has stopped sending cannot be told from one that left, so its connection is closed. At most
  /// once, on an I/O thread; at once when it has happened. To be called before the answer.
  virtual void on_left(std::function<void()> left) = 0;

  /// The request is housekeeping of the client's own: its line in the access log is of less interest. To be
  /// called before the answer.
  virtual void mark_internal() = 0;
};

using responder_ptr = std::shared_ptr<responder>;

/// What serves requests: called on an I/O thread for each, must not block, may answer later from any thread.
using request_handler = std::function<void(request_ptr, responder_ptr)>;

} // namespace sandboxd::http
