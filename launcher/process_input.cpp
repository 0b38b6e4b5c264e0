#include "launcher/process_input.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

using ending = input_result::ending;

process_input::process_input(const session_process::strand& strand, descriptor pipe, std::size_t most_waiting)
    : strand_(strand), pipe_(strand.get_inner_executor(), pipe.release()), most_waiting_(most_waiting) {}

void process_input::write(std::string bytes, bool close, std::chrono::milliseconds time, reply done) {
  waiting entry{std::move(bytes), 0, std::move(done), close};
  asio::dispatch(strand_,
                 [self = shared_from_this(), time, entry = std::make_shared<waiting>(std::move(entry))] {
                   self->enter(std::move(*entry), time);
                 });
}

void process_input::end() {
  asio::dispatch(strand_, [self = shared_from_this()] { self->shut(); });
}

void process_input::enter(waiting entry, std::chrono::milliseconds time) {
  if (closing_ || !pipe_.is_open())
    return entry.done({ending::closed, 0});
  if (entry.bytes.size() > most_waiting_ - bytes_waiting_)
    return entry.done({ending::full, 0});
  bytes_waiting_ += entry.bytes.size();
  closing_ = entry.close;
  entry.number = ++last_number_;
  queue_.push_back(std::move(entry));
  flush();
  if (queue_.empty() || queue_.back().number != last_number_)
    return; // written at once
  auto& last = queue_.back();
  last.timer = std::make_unique<asio::steady_timer>(strand_.get_inner_executor(), time);
  last.timer->async_wait(asio::bind_executor(
      strand_, [weak = weak_from_this(), number = last.number](const asio::error_code& fault) {
        if (const auto self = weak.lock(); self && !fault)
          self->expire(number);
      }));
}

/// Writes as much as the pipe takes.
void process_input::flush() {
  while (!queue_.empty() && pipe_.is_open()) {
    auto& first = queue_.front();
    if (first.written == first.bytes.size()) {
      const bool is_last = first.close;
      answer_first(ending::written);
      if (is_last)
        return shut();
      continue;
    }
    const ssize_t count = ::write(pipe_.native_handle(), first.bytes.data() + first.written,
                                  first.bytes.size() - first.written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN ? await_room() : shut();
    first.written += static_cast<std::size_t>(count);
  }
}

void process_input::await_room() {
  if (std::exchange(awaiting_, true))
    return;
  pipe_.async_wait(asio::posix::stream_descriptor::wait_write,
                   asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& fault) {
                     self->awaiting_ = false;
                     if (!fault)
                       self->flush();
                   }));
}

/// What comes after it waits on: whoever wrote it has been told how much arrived.
void process_input::expire(std::uint64_t number) {
  const auto late = std::find_if(queue_.begin(), queue_.end(),
                                 [&](const waiting& entry) { return entry.number == number; });
  if (late == queue_.end())
    return;
  bytes_waiting_ -= late->bytes.size();
  if (late->close)
    closing_ = false; // not without its bytes
  const auto done = std::move(late->done);
  const auto written = late->written;
  queue_.erase(late);
  done({ending::late, written});
  flush();
}

void process_input::answer_first(ending how) {
  const auto first = std::move(queue_.front());
  queue_.pop_front();
  bytes_waiting_ -= first.bytes.size();
  first.done({how, first.written});
}

void process_input::shut() {
  asio::error_code ignored;
  pipe_.close(ignored);
  while (!queue_.empty())
    answer_first(ending::closed);
}

} // namespace sandboxd::launcher
