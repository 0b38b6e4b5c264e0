#include "inspector/sandboxctl/visible_text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::string_view ellipsis = "…";

/// A character at the beginning of a text. `bytes` is 0 when there is no valid one.
struct character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0u) == 0x80u;
}

character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80)
    return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes)
    return {};
  std::uint32_t code = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i]))
      return {};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  const bool is_overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  return is_overlong || is_surrogate || code > 0x10ffff ? character{} : character{code, bytes};
}

/// Marks of direction and separators of lines: they would show one text as another.
bool is_deceiving(std::uint32_t code) {
  return code == 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
         (code >= 0xe0000 && code <= 0xe007f);
}

std::string escaped(std::uint32_t code) {
  switch (code) {
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  default:
    return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
  }
}

/// Where the code point of this number begins.
std::size_t offset_of(std::string_view text, std::size_t number) {
  std::size_t offset = 0;
  for (; number > 0 && offset < text.size(); --number)
    do
      ++offset;
    while (offset < text.size() && is_continuation(text[offset]));
  return offset;
}

} // namespace

std::string visible(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto [code, bytes] = first_of(text);
    if (bytes == 0)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || is_deceiving(code))
      shown += escaped(code);
    else
      shown += text.substr(0, bytes);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return shown;
}

std::size_t length(std::string_view text) {
  std::size_t characters = 0;
  for (const char byte : text)
    characters += is_continuation(byte) ? 0 : 1;
  return characters;
}

std::string cut_end(std::string_view text, std::size_t width) {
  if (length(text) <= width)
    return std::string(text);
  if (width == 0)
    return {};
  return std::string(text.substr(0, offset_of(text, width - 1))) + std::string(ellipsis);
}

std::string cut_begin(std::string_view text, std::size_t width) {
  const auto characters = length(text);
  if (characters <= width)
    return std::string(text);
  if (width == 0)
    return {};
  return std::string(ellipsis) + std::string(text.substr(offset_of(text, characters - width + 1)));
}

std::string as_ascii(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (static_cast<unsigned char>(text[i]) < 0x80)
      shown += text[i];
    else if (!is_continuation(text[i]))
      shown += text.substr(i).starts_with(ellipsis) ? '~' : '?';
  return shown;
}

} // namespace sandboxd::sandboxctl
