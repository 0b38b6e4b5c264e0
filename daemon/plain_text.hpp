#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

/// Text of programs made fit for a line of the log. Pure.
namespace sandboxd::daemon {

/// Takes the escape sequences of terminals (ECMA-48, "ANSI") out of a stream of bytes that comes in pieces.
class escape_filter {
public:
  /// Whether the next byte of the stream is text.
  bool is_text(char next) {
    const auto byte = static_cast<unsigned char>(next);
    if (next == '\n') { // a sequence cut short must not swallow the lines that follow
      state_ = state::text;
      return true;
    }
    switch (state_) {
    case state::text:
      if (byte != escape)
        return true;
      state_ = state::introduced;
      return false;
    case state::introduced:
      if (next == '[')
        state_ = state::parameters;
      else if (next == ']' || next == 'P' || next == 'X' || next == '^' || next == '_')
        state_ = state::string;
      else if (byte < 0x20 || byte > 0x2f) // those between come before the last byte
        state_ = state::text;
      return false;
    case state::parameters:
      if (byte >= 0x40 && byte <= 0x7e)
        state_ = state::text;
      return false;
    case state::string: // ends with BEL or with ESC and a backslash
      if (next == '\a')
        state_ = state::text;
      else if (byte == escape)
        state_ = state::introduced;
      return false;
    }
    return false;
  }

private:
  static constexpr unsigned char escape = 0x1b;
  enum class state { text, introduced, parameters, string };
  state state_ = state::text;
};

/// The text with its control characters (C0, DEL and the C1 of UTF-8) written as `\n`, `\x1b` and the like,
/// so that it can neither begin a line of its own nor speak to the terminal that shows it.
inline std::string without_controls(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == '\n')
      clean += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
      clean += fmt::format("\\x{:02x}", byte);
    else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f)
      clean += fmt::format("\\u00{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[++i])));
    else
      clean += text[i];
  }
  return clean;
}

} // namespace sandboxd::daemon
