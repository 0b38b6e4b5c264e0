#include "launcher/output_ring.hpp"

#include "launcher/spill_file.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Bytes that go to the file at a time: not so many that others who wait for this thread notice.
std::uint64_t block_bytes(const ring_limits& limits) {
  return std::clamp<std::uint64_t>(limits.memory_bytes / 16, 1, 64u << 10);
}

} // namespace

output_ring::output_ring(ring_limits limits) : limits_(std::move(limits)) {}

output_ring::~output_ring() {
  if (limits_.budget)
    limits_.budget->give_back(in_file());
}

void output_ring::append(std::string_view bytes) {
  const auto block = block_bytes(limits_);
  while (!bytes.empty()) {
    if (memory_.empty() || memory_.back().size() >= block)
      memory_.emplace_back();
    const auto piece = bytes.substr(0, block - memory_.back().size());
    memory_.back() += piece;
    in_memory_ += piece.size();
    bytes.remove_prefix(piece.size());
    if (in_memory_ > limits_.memory_bytes)
      put_away(in_memory_ - memory_.front().size());
  }
}

void output_ring::put_away(std::size_t most) {
  while (in_memory_ > most) {
    auto& oldest = memory_.front();
    const auto size = std::min<std::uint64_t>(oldest.size(), in_memory_ - most);
    in_memory_ -= size;
    spill(std::string_view(oldest).substr(0, size));
    if (size == oldest.size())
      memory_.pop_front();
    else
      oldest.erase(0, size);
  }
}

/// The oldest bytes of the memory leave it.
void output_ring::spill(std::string_view bytes) {
  const auto wanted = std::min<std::uint64_t>(bytes.size(), limits_.spill_bytes);
  if (in_file() + wanted > limits_.spill_bytes)
    forget_oldest(in_file() + wanted - limits_.spill_bytes); // these bytes take their place
  if (!file_ && wanted > 0)
    file_ = circular_file(open_spill_file(limits_.spill_directory), limits_.spill_bytes);
  auto got = limits_.budget ? limits_.budget->take(wanted) : wanted;
  if (got < wanted) { // what this ring has given up is the next one's as well as its own
    make_room(wanted - got);
    got += limits_.budget->take(wanted - got);
  }
  auto skipped = bytes.size() - got;
  if (!file_ || !file_.write(memory_begin_ + skipped, bytes.substr(skipped))) {
    skipped = bytes.size();
    if (limits_.budget)
      limits_.budget->give_back(got);
  }
  if (skipped > 0) { // nothing before what was left out is of use
    make_room(in_file());
    begin_ += skipped;
  }
  memory_begin_ += bytes.size();
}

void output_ring::forget_oldest(std::uint64_t bytes) {
  bytes = std::min(bytes, in_file());
  begin_ += bytes;
  if (limits_.budget)
    limits_.budget->give_back(bytes);
}

/// The room on disk comes back.
void output_ring::make_room(std::uint64_t bytes) {
  file_.discard(begin_, std::min(bytes, in_file()));
  forget_oldest(bytes);
}

std::string output_ring::read(std::uint64_t position, std::size_t most) const {
  position = std::max(position, begin_);
  if (position < memory_begin_) {
    std::string bytes(std::min<std::uint64_t>(most, memory_begin_ - position), '\0');
    const std::size_t filled = file_.read(position, bytes.data(), bytes.size());
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(filled), bytes.end(),
              '?'); // the disk lost what it had taken
    return bytes;
  }
  std::string bytes;
  auto offset = position - memory_begin_;
  for (const auto& block : memory_) {
    const auto skipped = std::min<std::uint64_t>(offset, block.size());
    bytes.append(block, skipped, most - bytes.size());
    offset -= skipped;
  }
  return bytes;
}

} // namespace sandboxd::launcher
