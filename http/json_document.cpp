#include "http/json_document.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace sandboxd::http {

namespace {

constexpr std::size_t read_size = 64u << 10;

} // namespace

void json_document::raw(std::string json) {
  raw_size_ += json.size();
  parts_.emplace_back(std::move(json));
}

void json_document::text(captured_text captured) {
  raw_size_ += captured.length + captured.tail.size();
  parts_.emplace_back(std::move(captured));
}

void json_document::generated(std::uint64_t size, generator next) {
  raw_size_ += size;
  parts_.emplace_back(std::move(next));
}

std::string json_document::next(std::size_t most) {
  std::string piece;
  while (!parts_.empty() && piece.size() < most) {
    auto& part = parts_.front();
    if (auto* json = std::get_if<std::string>(&part)) {
      if (piece.empty())
        piece = std::move(*json);
      else
        piece += *json;
      parts_.pop_front();
    } else if (auto* make = std::get_if<generator>(&part)) {
      const std::string made = (*make)(most - piece.size());
      if (made.empty())
        parts_.pop_front();
      piece += made;
    } else if (!encode_some(std::get<captured_text>(part), piece, most - piece.size())) {
      parts_.pop_front();
      offset_ = 0;
    } else if (most - piece.size() < json_string_encoder::longest_character) {
      break;
    }
  }
  return piece;
}

std::string json_document::rest() {
  return next(std::numeric_limits<std::size_t>::max());
}

/// False when the part is finished.
bool json_document::encode_some(captured_text& captured, std::string& piece, std::size_t room) {
  const std::string& memory = captured.output->memory();
  if (offset_ < captured.length) {
    std::array<char, read_size> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
    std::string_view bytes;
    if (offset_ < memory.size()) {
      bytes = std::string_view(memory).substr(offset_);
    } else {
      const std::size_t count = captured.output->read(offset_, std::span<char>(buffer));
      if (count == 0)
        captured.length = offset_; // the disk lost what it had taken; what is there is still delivered
      bytes = std::string_view(buffer.data(), count);
    }
    bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), captured.length - offset_));
    offset_ += encoder_.encode(bytes, piece, room);
    return true;
  }
  encoder_.finish(piece);
  encoder_.encode(captured.tail, piece);
  encoder_.finish(piece);
  return false;
}

} // namespace sandboxd::http
