#include "http/json_string.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

namespace sandboxd::http {

namespace {

constexpr char32_t replacement_character = 0xFFFD;

bool is_plain(unsigned char byte) noexcept {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

/// False when all eight bytes are plain; may err only towards true. Eight at a time because whole output
/// documents pass through here.
bool may_hold_special(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  const std::uint64_t below_space = word - ones * 0x20;
  const std::uint64_t delete_or_above = word + ones;
  const std::uint64_t quote = (word ^ (ones * '"')) - ones;
  const std::uint64_t backslash = (word ^ (ones * '\\')) - ones;
  return ((below_space | delete_or_above | quote | backslash) & high_bits) != 0;
}

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

std::uint64_t word_of(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, word_bytes);
  return word;
}

std::size_t plain_prefix(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i + word_bytes <= text.size() && !may_hold_special(word_of(text.data() + i)))
    i += word_bytes;
  while (i < text.size() && is_plain(static_cast<unsigned char>(text[i])))
    ++i;
  return i;
}

/// Bytes of \uXXXX, the longest escape.
constexpr std::size_t unit_escape_bytes = 6;

std::array<char, unit_escape_bytes> unicode_escape(char32_t unit) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'\\',
          'u',
          digits[(unit >> 12) & 0xF],
          digits[(unit >> 8) & 0xF],
          digits[(unit >> 4) & 0xF],
          digits[unit & 0xF]};
}

void put_escape(char32_t unit, std::string& out) {
  const auto text = unicode_escape(unit);
  out.append(text.data(), text.size());
}

/// How a character below DEL stands in a JSON string: 0 as it is, 'u' as \u00XX, else behind a backslash.
constexpr std::array<char, 0x7F> escapes_of = [] {
  std::array<char, 0x7F> escapes{};
  for (std::size_t byte = 0; byte < 0x20; ++byte)
    escapes[byte] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

/// Appends the JSON form of the characters below DEL that `text` begins with, a line or so of them, while
/// `out` grows by no more than `room` bytes. Returns how many they were. Escapes are frequent in the output
/// of commands (each line ends with one), so one costs little more than a plain character here.
std::size_t put_ascii(std::string_view text, std::string& out, std::size_t room) {
  std::array<char, 64 * unit_escape_bytes> encoded;
  const std::size_t most =
      std::min({text.size(), room / unit_escape_bytes, encoded.size() / unit_escape_bytes});
  char* end = encoded.data();
  std::size_t taken = 0;
  for (std::size_t one_by_one = 0; taken < most;) { // a word around an escape
    if (one_by_one == 0 && most - taken >= word_bytes) {
      if (!may_hold_special(word_of(text.data() + taken))) {
        end = std::copy_n(text.data() + taken, word_bytes, end);
        taken += word_bytes;
        continue;
      }
      one_by_one = word_bytes;
    }
    const auto byte = static_cast<unsigned char>(text[taken]);
    if (byte >= escapes_of.size())
      break;
    const char escape = escapes_of[byte];
    if (escape == 0) {
      *end++ = text[taken];
    } else if (escape == 'u') {
      end = std::copy_n(unicode_escape(byte).data(), unit_escape_bytes, end);
    } else {
      *end++ = '\\';
      *end++ = escape;
    }
    ++taken;
    one_by_one -= std::min<std::size_t>(one_by_one, 1);
  }
  out.append(encoded.data(), static_cast<std::size_t>(end - encoded.data()));
  return taken;
}

void put_utf8(char32_t code_point, std::string& out) {
  const auto continuation = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    continuation(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    continuation(6);
    continuation(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

/// What a backslash and this letter stand for; NUL for no escape of one letter.
constexpr char escaped_letter(char letter) {
  switch (letter) {
  case '"':
  case '\\':
  case '/':
    return letter;
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return '\0';
  }
}

} // namespace

std::optional<char32_t> escaped_unit(std::string_view text, std::size_t at) {
  if (at + unit_escape_bytes > text.size() || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  std::uint32_t unit = 0;
  const char* const end = text.data() + at + unit_escape_bytes;
  const auto [stop, fault] = std::from_chars(text.data() + at + 2, end, unit, 16);
  return fault == std::errc{} && stop == end ? std::optional<char32_t>(unit) : std::nullopt;
}

std::optional<std::string> decode_json_string(std::string_view content) {
  std::string text;
  text.reserve(content.size());
  for (;;) {
    const std::size_t backslash = content.find('\\');
    text.append(content.substr(0, backslash));
    if (backslash == std::string_view::npos)
      return text;
    content.remove_prefix(backslash);
    if (const char letter = content.size() > 1 ? escaped_letter(content[1]) : '\0'; letter != '\0') {
      text.push_back(letter);
      content.remove_prefix(2);
    } else if (const auto unit = escaped_unit(content, 0)) {
      const auto next = is_high_surrogate(*unit) ? escaped_unit(content, unit_escape_bytes) : std::nullopt;
      const bool pair = next && is_low_surrogate(*next);
      const bool half = !pair && (is_high_surrogate(*unit) || is_low_surrogate(*unit));
      const char32_t joined = pair ? 0x10000 + ((*unit & 0x3FF) << 10) + (*next & 0x3FF) : *unit;
      put_utf8(half ? replacement_character : joined, text);
      content.remove_prefix(pair ? 2 * unit_escape_bytes : unit_escape_bytes);
    } else {
      return std::nullopt;
    }
  }
}

std::size_t json_string_encoder::encode(std::string_view input, std::string& out, std::size_t max_growth) {
  const std::size_t start = out.size();
  std::size_t taken = 0;
  while (taken < input.size()) {
    const std::size_t room = max_growth - (out.size() - start);
    if (room < longest_character)
      break;
    const std::size_t before = taken;
    if (needed_ == 0) {
      const std::size_t plain = plain_prefix(input.substr(taken, room));
      out.append(input, taken, plain);
      taken += plain;
      taken += put_ascii(input.substr(taken), out, room - plain);
    }
    if (taken == before)
      put_byte(static_cast<unsigned char>(input[taken++]), out);
  }
  return taken;
}

void json_string_encoder::finish(std::string& out) {
  if (needed_ == 0)
    return;
  needed_ = 0;
  put_code_point(replacement_character, out);
}

void json_string_encoder::put_byte(unsigned char byte, std::string& out) {
  if (needed_ == 0) {
    begin_sequence(byte, out);
    return;
  }
  if (byte < lower_ || byte > upper_) {
    needed_ = 0;
    put_code_point(replacement_character, out);
    begin_sequence(byte, out);
    return;
  }
  lower_ = 0x80;
  upper_ = 0xBF;
  code_point_ = (code_point_ << 6) | (byte & 0x3Fu);
  if (--needed_ == 0)
    put_code_point(code_point_, out);
}

/// The ranges of the second byte are those of the Unicode Standard, table 3-7: they exclude overlong forms,
/// surrogates and code points beyond U+10FFFF.
void json_string_encoder::begin_sequence(unsigned char byte, std::string& out) {
  lower_ = 0x80;
  upper_ = 0xBF;
  if (byte < 0x80) {
    put_code_point(byte, out);
  } else if (byte >= 0xC2 && byte <= 0xDF) {
    needed_ = 1;
    code_point_ = byte & 0x1Fu;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    needed_ = 2;
    code_point_ = byte & 0x0Fu;
    lower_ = byte == 0xE0 ? 0xA0 : 0x80;
    upper_ = byte == 0xED ? 0x9F : 0xBF;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    needed_ = 3;
    code_point_ = byte & 0x07u;
    lower_ = byte == 0xF0 ? 0x90 : 0x80;
    upper_ = byte == 0xF4 ? 0x8F : 0xBF;
  } else {
    put_code_point(replacement_character, out);
  }
}

void json_string_encoder::put_code_point(char32_t code_point, std::string& out) const {
  if (code_point < escapes_of.size()) {
    const auto character = static_cast<char>(code_point);
    put_ascii({&character, 1}, out, longest_character);
    return;
  }
  if (charset_ == json_charset::ascii && code_point < 0x10000) {
    put_escape(code_point, out);
  } else if (charset_ == json_charset::ascii && code_point >= 0x10000) {
    put_escape(0xD7C0 + (code_point >> 10), out);
    put_escape(0xDC00 + (code_point & 0x3FF), out);
  } else {
    put_utf8(code_point, out);
  }
}

void append_json_string(std::string& out, std::string_view text, json_charset charset) {
  json_string_encoder encoder(charset);
  out.push_back('"');
  encoder.encode(text, out);
  encoder.finish(out);
  out.push_back('"');
}

} // namespace sandboxd::http
