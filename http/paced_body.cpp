#include "http/paced_body.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::http {

paced_body::paced_body(std::shared_ptr<response_stream> stream, std::size_t window, std::size_t largest_piece,
                       source from, credit_sink on_credit, std::function<void()> on_closed)
    : window_(window), largest_piece_(largest_piece), source_(std::move(from)),
      on_credit_(std::move(on_credit)), on_closed_(std::move(on_closed)), stream_(std::move(stream)) {}

std::shared_ptr<paced_body> paced_body::start(std::shared_ptr<response_stream> stream, std::size_t window,
                                              std::size_t largest_piece, source from, credit_sink on_credit,
                                              std::function<void()> on_closed) {
  const std::shared_ptr<response_stream> target = stream;
  std::shared_ptr<paced_body> body(new paced_body(std::move(stream), window, largest_piece, std::move(from),
                                                  std::move(on_credit), std::move(on_closed)));
  target->on_drained([body](std::size_t bytes) { body->drained(bytes); });
  target->on_closed([body] { body->closed(); });
  return body;
}

/// One thread at a time pumps, without the lock while it calls out; others leave it a note. That keeps the
/// pieces in order although output, drain reports and the end arrive on different threads.
void paced_body::pump() {
  std::unique_lock lock(mutex_);
  asked_again_ = true;
  if (pumping_)
    return;
  pumping_ = true;
  try {
    pump_pieces(lock);
  } catch (...) {
    if (!lock.owns_lock())
      lock.lock();
    pumping_ = false;
    lock.unlock();
    closed();
    throw;
  }
  pumping_ = false;
}

void paced_body::pump_pieces(std::unique_lock<std::mutex>& lock) {
  while (std::exchange(asked_again_, false)) {
    while (stream_ && has_room()) {
      const std::shared_ptr<response_stream> stream = stream_;
      lock.unlock();
      body_piece piece = source_();
      lock.lock();
      if (piece.bytes.empty() && piece.credit == 0 && !piece.last)
        break;
      const std::size_t size = piece.bytes.size();
      waiting_ += size;
      sent_.push_back({size, piece.credit});
      if (piece.last)
        stream_.reset();
      lock.unlock();
      if (size > 0)
        stream->write(std::move(piece.bytes));
      if (piece.last)
        stream->finish();
      else if (size == 0)
        drained(0);
      lock.lock();
    }
  }
}

void paced_body::drained(std::size_t bytes) {
  std::size_t credit = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting_ -= std::min(bytes, waiting_);
    while (!sent_.empty() && bytes >= sent_.front().bytes) {
      bytes -= sent_.front().bytes;
      credit += sent_.front().credit;
      sent_.pop_front();
    }
    if (!sent_.empty())
      sent_.front().bytes -= bytes;
  }
  if (credit > 0 && on_credit_)
    on_credit_(credit);
  pump();
}

void paced_body::closed() {
  // Dropping the stream may destroy the call-back that runs here and holds this object.
  const auto self = shared_from_this();
  std::shared_ptr<response_stream> gone;
  {
    const std::lock_guard lock(mutex_);
    gone = std::move(stream_);
    if (!gone)
      return;
    sent_.clear();
  }
  if (on_closed_)
    on_closed_();
}

} // namespace sandboxd::http
