#include "http/output_events.hpp"

#include <cstddef>

namespace sandboxd::http {

using actors::output_stream;

void output_events::add(output_stream stream, std::string_view bytes) {
  if (bytes.empty())
    return;
  if (first_run_ < runs_.size() && runs_.back().stream == stream)
    runs_.back().length += bytes.size();
  else
    runs_.push_back({stream, bytes.size()});
  bytes_.append(bytes);
}

void output_events::end() {
  ended_ = true;
}

bool output_events::empty() const noexcept {
  return first_run_ == runs_.size() && !(ended_ && (out_.incomplete() || err_.incomplete()));
}

/// Moves what waits to the front once as much is gone already, so that the memory stays in proportion to it.
void output_events::drop_taken() {
  if (consumed_ * 2 >= bytes_.size()) {
    bytes_.erase(0, consumed_);
    consumed_ = 0;
  }
  if (first_run_ * 2 >= runs_.size()) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(first_run_));
    first_run_ = 0;
  }
}

output_events::event output_events::next() {
  event taken;
  if (first_run_ == runs_.size()) {
    taken.stream = out_.incomplete() ? output_stream::out : output_stream::err;
    encoder_of(taken.stream).finish(taken.data);
    return taken;
  }
  run& current = runs_[first_run_];
  taken.stream = current.stream;
  const std::string_view bytes = std::string_view(bytes_).substr(consumed_, current.length);
  taken.taken = encoder_of(current.stream).encode(bytes, taken.data, largest_data_);
  consumed_ += taken.taken;
  current.length -= taken.taken;
  if (current.length == 0)
    ++first_run_;
  drop_taken();
  return taken;
}

} // namespace sandboxd::http
