#pragma once

#include "http/exchange.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// One piece of a body as a source gives it.
struct body_piece {
  /// Bytes to send; empty when there is nothing to send at the moment.
  std::string bytes;
  /// Credit that returns to whoever produced the bytes, once they are in the kernel's buffer.
  std::size_t credit = 0;
  /// Whether the body ends after these bytes.
  bool last = false;
};

/// Feeds a response stream from a source, no faster than the client takes it: while `window` bytes wait in
/// the stream, the source is not asked. Thread-safe; the source is never called by two threads at once.
class paced_body : public std::enable_shared_from_this<paced_body> {
public:
  using source = std::function<body_piece()>;
  using credit_sink = std::function<void(std::size_t)>;

  /// `largest_piece`: what one answer of the source may hold; it is asked while that much still fits the
  /// window, and always when nothing waits. `on_credit` (may be null) and `on_closed` (may be null) run on
  /// any thread, the latter at most once and only when the body does not come to its end: the client went
  /// away, or the source threw.
  static std::shared_ptr<paced_body> start(std::shared_ptr<response_stream> stream, std::size_t window,
                                           std::size_t largest_piece, source from,
                                           credit_sink on_credit = nullptr,
                                           std::function<void()> on_closed = nullptr);

  /// Asks the source as long as there is room. To be called whenever the source has something new. What the
  /// source throws is passed on, after the stream was cut.
  void pump();

private:
  struct sent_piece {
    std::size_t bytes;
    std::size_t credit;
  };

  paced_body(std::shared_ptr<response_stream> stream, std::size_t window, std::size_t largest_piece,
             source from, credit_sink on_credit, std::function<void()> on_closed);

  void drained(std::size_t bytes);
  void pump_pieces(std::unique_lock<std::mutex>& lock);
  void closed();
  [[nodiscard]] bool has_room() const { return waiting_ == 0 || waiting_ + largest_piece_ <= window_; }

  const std::size_t window_;
  const std::size_t largest_piece_;
  const source source_;
  const credit_sink on_credit_;
  const std::function<void()> on_closed_;

  std::mutex mutex_;
  /// The stream's call-backs hold this object, so that it lives until the body's end; dropping the stream
  /// then breaks the circle.
  std::shared_ptr<response_stream> stream_;
  std::deque<sent_piece> sent_;
  std::size_t waiting_ = 0;
  bool pumping_ = false;
  bool asked_again_ = false;
};

} // namespace sandboxd::http
