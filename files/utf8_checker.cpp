#include "files/utf8_checker.hpp"

#include <algorithm>
#include <cstring>

namespace sandboxd::files {

namespace {

/// Where the first byte at or after `begin` is that is not ASCII. Eight at a time: most text is nothing else.
const char* skip_ascii(const char* begin, const char* end) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  for (std::uint64_t word = 0; end - begin >= 8; begin += 8) {
    std::memcpy(&word, begin, sizeof(word));
    if ((word & high_bits) != 0)
      break;
  }
  return std::find_if(begin, end, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

} // namespace

bool utf8_checker::check(std::string_view bytes) noexcept {
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  while (valid_ && next != end) {
    if (needed_ == 0) {
      next = skip_ascii(next, end);
      if (next != end)
        valid_ = begin_sequence(static_cast<unsigned char>(*next++));
      continue;
    }
    const auto byte = static_cast<unsigned char>(*next++);
    valid_ = byte >= lower_ && byte <= upper_;
    lower_ = 0x80;
    upper_ = 0xBF;
    --needed_;
  }
  return valid_;
}

/// The table of RFC 3629, section 4.
bool utf8_checker::begin_sequence(unsigned char byte) noexcept {
  if (byte < 0xC2 || byte > 0xF4)
    return false;
  needed_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  if (byte == 0xE0)
    lower_ = 0xA0;
  else if (byte == 0xED)
    upper_ = 0x9F;
  else if (byte == 0xF0)
    lower_ = 0x90;
  else if (byte == 0xF4)
    upper_ = 0x8F;
  return true;
}

std::size_t incomplete_utf8_tail(std::string_view bytes) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80)
      return 0;
    if (byte >= 0xC0) {
      const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

} // namespace sandboxd::files
