#include "launcher/output_ring.hpp"

#include "launcher/spill_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Writes all of it at its place, or returns false.
bool write_at(int file, std::string_view bytes, std::uint64_t position) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    position += static_cast<std::uint64_t>(count);
  }
  return true;
}

} // namespace

output_ring::output_ring(ring_limits limits) : limits_(std::move(limits)) {}

output_ring::~output_ring() {
  if (limits_.budget)
    limits_.budget->give_back(in_file());
}

void output_ring::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, std::max<std::uint64_t>(limits_.memory_bytes / 2, 1));
    bytes.remove_prefix(piece.size());
    memory_ += piece;
    if (memory_.size() <= limits_.memory_bytes)
      continue;
    put_away(limits_.memory_bytes / 2);
  }
}

void output_ring::put_away(std::size_t most) {
  if (memory_.size() <= most)
    return;
  const std::size_t oldest = memory_.size() - most;
  spill(std::string_view(memory_).substr(0, oldest));
  memory_.erase(0, oldest);
}

/// The oldest bytes of the memory leave it.
void output_ring::spill(std::string_view bytes) {
  const auto position = memory_begin_;
  const auto wanted = std::min<std::uint64_t>(bytes.size(), limits_.spill_bytes);
  if (in_file() + wanted > limits_.spill_bytes)
    drop_oldest(in_file() + wanted - limits_.spill_bytes);
  if (!file_ && wanted > 0)
    file_ = open_spill_file(limits_.spill_directory);
  auto got = limits_.budget ? limits_.budget->take(wanted) : wanted;
  if (got < wanted) { // what this ring has given up is the next one's as well as its own
    drop_oldest(std::min(in_file(), wanted - got));
    got += limits_.budget->take(wanted - got);
  }
  memory_begin_ += bytes.size();
  const auto kept = bytes.substr(bytes.size() - got);
  const bool connects = kept.size() == bytes.size();
  if (got > 0 && file_ && write_at(file_.get(), kept, position + bytes.size() - got)) {
    if (!connects) { // nothing before what was left out is of use
      const auto lost = position - begin_;
      if (limits_.budget)
        limits_.budget->give_back(lost);
      begin_ = memory_begin_ - got;
    }
    return;
  }
  if (limits_.budget)
    limits_.budget->give_back(got + (position - begin_));
  begin_ = memory_begin_;
}

void output_ring::drop_oldest(std::uint64_t bytes) {
  bytes = std::min(bytes, in_file());
  if (bytes == 0)
    return;
  // The room on disk comes back; where a file system cannot do that, with the file.
  (void)::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin_),
                    static_cast<off_t>(bytes));
  begin_ += bytes;
  if (limits_.budget)
    limits_.budget->give_back(bytes);
}

std::string output_ring::read(std::uint64_t position, std::size_t most) const {
  position = std::max(position, begin_);
  if (position >= memory_begin_)
    return position >= end() ? std::string{} : memory_.substr(position - memory_begin_, most);
  std::string bytes(std::min<std::uint64_t>(most, memory_begin_ - position), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::pread(file_.get(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(position + filled));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    filled += static_cast<std::size_t>(count);
  }
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(filled), bytes.end(),
            '?'); // the disk lost what it had taken
  return bytes;
}

} // namespace sandboxd::launcher
