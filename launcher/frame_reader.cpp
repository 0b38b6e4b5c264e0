#include "launcher/frame_reader.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>

namespace sandboxd::launcher {

namespace {

constexpr std::size_t length_bytes = 4;

} // namespace

std::string make_frame(std::string_view payload) {
  if (payload.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("the payload of a frame is too large");
  std::string frame;
  frame.reserve(length_bytes + payload.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<char>(payload.size() >> shift & 0xff));
  return frame.append(payload);
}

/// What has been given out is dropped when it is the larger part, so that no byte is moved often.
void frame_reader::append(std::string_view bytes) {
  if (taken_ > bytes_.size() / 2) {
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
  bytes_.append(bytes);
}

std::optional<std::string> frame_reader::next() {
  const auto length = announced();
  if (!length || *length > largest_ || bytes_.size() - taken_ - length_bytes < *length)
    return std::nullopt;
  auto payload = bytes_.substr(taken_ + length_bytes, *length);
  taken_ += length_bytes + *length;
  return payload;
}

bool frame_reader::broken() const {
  return announced().value_or(0) > largest_;
}

std::optional<std::size_t> frame_reader::announced() const {
  if (bytes_.size() - taken_ < length_bytes)
    return std::nullopt;
  std::size_t length = 0;
  for (std::size_t index = 0; index < length_bytes; ++index)
    length = length << 8 | static_cast<unsigned char>(bytes_[taken_ + index]);
  return length;
}

} // namespace sandboxd::launcher
