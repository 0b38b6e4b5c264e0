#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sandboxd::files {

/// Tells whether bytes given in arbitrary pieces are UTF-8 (RFC 3629: no surrogates, nothing overlong,
/// nothing above U+10FFFF).
class utf8_checker {
public:
  /// Whether everything so far can be the beginning of UTF-8. Once false it stays so.
  bool check(std::string_view bytes) noexcept;

  /// Whether it can end here: no character is incomplete.
  [[nodiscard]] bool complete() const noexcept { return valid_ && needed_ == 0; }

private:
  bool begin_sequence(unsigned char byte) noexcept;

  bool valid_ = true;
  std::uint8_t needed_ = 0;   // continuation bytes still missing
  std::uint8_t lower_ = 0x80; // range allowed for the next one
  std::uint8_t upper_ = 0xBF;
};

/// How many bytes at the end of `bytes`, text so far, belong to a character whose rest is missing: 0 to 3.
[[nodiscard]] std::size_t incomplete_utf8_tail(std::string_view bytes) noexcept;

} // namespace sandboxd::files
