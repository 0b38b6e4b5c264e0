#include "http/splice_pipe.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::http {

namespace {

/// Larger ones do not move more per second; the default of 64 KiB moves a third less.
constexpr int wanted_size = 256 << 10;

ssize_t splice_some(int from, int to, std::size_t most) {
  ssize_t count = 0;
  do
    count = ::splice(from, nullptr, to, nullptr, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  while (count < 0 && errno == EINTR);
  return count;
}

} // namespace

std::optional<splice_pipe> splice_pipe::open() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return std::nullopt;
  (void)::fcntl(ends[1], F_SETPIPE_SZ, wanted_size); // stays as it is where pipes have used up their pages
  return splice_pipe(ends[0], ends[1], static_cast<std::size_t>(::fcntl(ends[1], F_GETPIPE_SZ)));
}

splice_pipe::splice_pipe(splice_pipe&& other) noexcept
    : output_(std::exchange(other.output_, -1)), input_(std::exchange(other.input_, -1)), size_(other.size_),
      held_(other.held_) {}

splice_pipe::~splice_pipe() {
  if (output_ < 0)
    return;
  ::close(output_);
  ::close(input_);
}

splice_pipe::progress splice_pipe::move(int source, int sink, std::uint64_t most) {
  progress made;
  for (;;) {
    while (held_ > 0) {
      const auto count = splice_some(output_, sink, held_);
      if (count <= 0) {
        made.why = count < 0 && errno == EAGAIN ? stop::sink_full : stop::sink_failed;
        return made;
      }
      held_ -= static_cast<std::size_t>(count);
      made.sent += static_cast<std::size_t>(count);
    }
    if (made.taken == most)
      return made;
    const auto count = splice_some(source, input_, std::min<std::uint64_t>(size_, most - made.taken));
    if (count <= 0) {
      made.why = count < 0 && errno == EAGAIN ? stop::source_empty : stop::source_ended;
      return made;
    }
    held_ = static_cast<std::size_t>(count);
    made.taken += held_;
  }
}

} // namespace sandboxd::http
