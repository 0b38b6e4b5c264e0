#pragma once

#include "launcher/byte_budget.hpp"
#include "launcher/circular_file.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace sandboxd::launcher {

/// How much of a long output is kept, and where.
struct ring_limits {
  /// Newest bytes kept in memory; at least half as many always are.
  std::uint64_t memory_bytes = 1u << 20;
  /// Bytes before them, kept in a file.
  std::uint64_t spill_bytes = 64u << 20;
  /// Directory of that file, which has no name in it.
  std::string spill_directory = "/tmp";
  /// Of the files, shared by all rings; what finds no room in it is dropped. Null: no such bound.
  std::shared_ptr<byte_budget> budget = nullptr;
};

/// The newest bytes of an output without end, read by their position in all of it: the tail in memory, what
/// was before in an unnamed file, and what was before that dropped. Not thread-safe.
class output_ring {
public:
  explicit output_ring(ring_limits limits);
  ~output_ring();
  output_ring(const output_ring&) = delete;
  output_ring& operator=(const output_ring&) = delete;

  /// Adds bytes at the end and drops as many at the beginning as the limits demand. Where the disk fails,
  /// what would have gone there is dropped.
  void append(std::string_view bytes);

  /// Moves what is in memory beyond its newest `most` bytes to the file, or drops it: nobody writes any more.
  void put_away(std::size_t most);

  /// Position of the oldest byte kept; so many were dropped.
  [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
  /// Position behind the newest byte; so many were written.
  [[nodiscard]] std::uint64_t end() const noexcept { return memory_begin_ + in_memory_; }

  /// Bytes from `position` on, at most `most`; none at the end, fewer also in between. From `begin()` on when
  /// `position` is before it: the caller sees that from `begin()`.
  [[nodiscard]] std::string read(std::uint64_t position, std::size_t most) const;

private:
  void spill(std::string_view bytes);
  void forget_oldest(std::uint64_t bytes);
  void make_room(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t in_file() const noexcept { return memory_begin_ - begin_; }

  ring_limits limits_;
  std::uint64_t begin_ = 0;
  std::uint64_t memory_begin_ = 0;
  std::deque<std::string> memory_; // in blocks, so that the oldest leave without moving the others
  std::uint64_t in_memory_ = 0;
  circular_file file_;
};

} // namespace sandboxd::launcher
