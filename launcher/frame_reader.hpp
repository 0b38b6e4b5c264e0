#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::launcher {

/// `payload` with its length before it: four bytes, the most significant first.
/// Throws std::length_error when it has 4 GiB or more.
[[nodiscard]] std::string make_frame(std::string_view payload);

/// Cuts a stream of bytes into the payloads of such frames. A value without I/O; one owner.
///
///     reader.append(bytes);
///     while (auto payload = reader.next()) ...
///     if (reader.broken()) ...
class frame_reader {
public:
  /// `largest`: bytes of a payload. A frame that says it is larger is the end: whoever sends is broken.
  explicit frame_reader(std::size_t largest) : largest_(largest) {}

  void append(std::string_view bytes);

  /// The next whole payload, if it is there.
  [[nodiscard]] std::optional<std::string> next();

  /// Whether the next frame is too large. There is no `next` after that.
  [[nodiscard]] bool broken() const;

private:
  [[nodiscard]] std::optional<std::size_t> announced() const;

  std::size_t largest_;
  std::string bytes_;
  std::size_t taken_ = 0; // bytes at the beginning that have been given out
};

} // namespace sandboxd::launcher
