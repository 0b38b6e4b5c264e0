#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Which characters JSON text may hold unescaped.
enum class json_charset : std::uint8_t {
  /// Valid UTF-8 as it is.
  utf8,
  /// ASCII only, everything else as \uXXXX (surrogate pairs beyond U+FFFF). For streams: clients that decode
  /// each network chunk on its own cannot damage it (HTTP.md 1.4).
  ascii,
};

/// Turns arbitrary bytes, given in arbitrary pieces, into the content of one JSON string (without the
/// quotes).
///
/// Bytes that are not UTF-8 become U+FFFD, one for each maximal part of an ill-formed sequence as the WHATWG
/// decoder and nlohmann's error_handler_t::replace count them; NUL and other control characters are escaped,
/// so that the client gets back every byte that was text. A character cut between two pieces is kept until
/// its rest comes.
class json_string_encoder {
public:
  /// No character needs more bytes of JSON text: a surrogate pair.
  static constexpr std::size_t longest_character = 12;

  explicit json_string_encoder(json_charset charset) : charset_(charset) {}

  /// Appends the JSON form of `input` to `out` until done, or until `out` could grow by more than
  /// `max_growth` bytes. Returns how many bytes of `input` were taken; at least one when `max_growth` >=
  /// `longest_character`.
  std::size_t encode(std::string_view input, std::string& out, std::size_t max_growth = std::string::npos);

  /// The bytes end here: a character that is still incomplete becomes U+FFFD. The encoder can be used again.
  void finish(std::string& out);

  /// Whether a part of a character waits for its rest.
  [[nodiscard]] bool incomplete() const noexcept { return needed_ > 0; }

private:
  void put_byte(unsigned char byte, std::string& out);
  void put_code_point(char32_t code_point, std::string& out) const;
  void begin_sequence(unsigned char byte, std::string& out);

  json_charset charset_;
  char32_t code_point_ = 0;
  std::uint8_t needed_ = 0;   // continuation bytes still missing
  std::uint8_t lower_ = 0x80; // range allowed for the next continuation byte
  std::uint8_t upper_ = 0xBF;
};

/// The code unit of the escape `\uXXXX` that begins at `at`, if one does.
[[nodiscard]] std::optional<char32_t> escaped_unit(std::string_view text, std::size_t at);

[[nodiscard]] constexpr bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
[[nodiscard]] constexpr bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// The text that the content of a JSON string (without the quotes) stands for. An escaped half of a surrogate
/// pair becomes U+FFFD. Nothing when an escape is none that JSON knows; what is no escape is not judged.
[[nodiscard]] std::optional<std::string> decode_json_string(std::string_view content);

/// Appends `text` as a whole JSON string, with quotes.
void append_json_string(std::string& out, std::string_view text, json_charset charset = json_charset::utf8);

} // namespace sandboxd::http
