#pragma once

#include "launcher/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sandboxd::launcher {

/// Holds the newest bytes of an output without end in a file of bounded size: the byte at a position stands
/// in it at that position modulo `capacity`, and newer ones take the place of older ones. Not thread-safe.
class circular_file {
public:
  /// Without a file (nothing can be written).
  circular_file() = default;
  /// `capacity` is more than 0.
  circular_file(descriptor file, std::uint64_t capacity) : file_(std::move(file)), capacity_(capacity) {}

  explicit operator bool() const noexcept { return static_cast<bool>(file_); }

  /// At most `capacity` bytes. False when the disk does not take them all.
  [[nodiscard]] bool write(std::uint64_t position, std::string_view bytes);

  /// Fills the buffer with what was written at `position`. Returns how many bytes the disk gave.
  [[nodiscard]] std::size_t read(std::uint64_t position, char* buffer, std::size_t size) const;

  /// Gives the room of these bytes back to the disk, where the file system can do that.
  void discard(std::uint64_t position, std::uint64_t size);

private:
  descriptor file_;
  std::uint64_t capacity_ = 1;
};

} // namespace sandboxd::launcher
