#pragma once

#include "launcher/output_ring.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::launcher {

/// What a background process has written on its two streams, for one writer and any number of readers, each
/// at its own position. Readers never hold the writer up: who falls behind the limits misses the oldest
/// bytes, and sees how many. Thread-safe.
class process_log {
public:
  /// Bytes of one stream.
  struct piece {
    std::string bytes;
    std::uint64_t position = 0; ///< of the first of them, in all of the stream
    /// Where to read on.
    [[nodiscard]] std::uint64_t next() const noexcept { return position + bytes.size(); }
  };

  /// `limits`: of each stream.
  explicit process_log(const ring_limits& limits) : out_(limits), err_(limits) {}

  void append(bool is_error_stream, std::string_view bytes);

  /// Nothing follows any more.
  void close();

  /// Moves all of a closed log but its newest bytes from memory to the files: thousands are kept. What finds
  /// no room there is dropped. May wait for the disk, and so do readers meanwhile.
  void put_away();

  [[nodiscard]] bool closed() const;

  /// Bytes of a stream from `position` on, or from the oldest kept on when that is later; at most `most`,
  /// none at the end.
  [[nodiscard]] piece read(bool is_error_stream, std::uint64_t position, std::size_t most) const;

  /// Bytes of a stream that are kept.
  [[nodiscard]] std::uint64_t size(bool is_error_stream) const;

  /// Has `changed` called after each `append` and `close`, on the writer's thread, until the result is let
  /// go. It must not block, and may come once more after that.
  [[nodiscard]] std::shared_ptr<const void> follow(std::function<void()> changed);

private:
  using follower = std::function<void()>;

  void tell_followers();

  mutable std::mutex mutex_;
  output_ring out_;
  output_ring err_;
  bool closed_ = false;
  std::vector<std::weak_ptr<const follower>> followers_;
};

} // namespace sandboxd::launcher
