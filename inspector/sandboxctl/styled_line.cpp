#include "inspector/sandboxctl/styled_line.hpp"

#include "inspector/sandboxctl/visible_text.hpp"

#include <utility>

namespace sandboxd::sandboxctl {

namespace {

/// Parameter of the terminal's sequence "select graphic rendition".
std::string_view rendition_of(tone how) {
  switch (how) {
  case tone::plain:
    return "";
  case tone::strong:
    return "1";
  case tone::faint:
    return "2";
  case tone::accent:
    return "36";
  case tone::good:
    return "32";
  case tone::warning:
    return "33";
  case tone::bad:
    return "1;31";
  }
  return "";
}

std::string colored(const std::string& text, tone how) {
  const auto rendition = rendition_of(how);
  return rendition.empty() ? text : "\x1b[" + std::string(rendition) + "m" + text + "\x1b[0m";
}

} // namespace

look uncut(look on) {
  on.width = std::numeric_limits<std::size_t>::max();
  return on;
}

styled_line& styled_line::add(std::string_view text, tone how) {
  auto shown = visible(text);
  if (shown.empty())
    return *this;
  length_ += sandboxctl::length(shown);
  pieces_.push_back({std::move(shown), how});
  return *this;
}

styled_line& styled_line::pad_to(std::size_t column) {
  return column > length_ ? add(std::string(column - length_, ' ')) : *this;
}

std::string styled_line::painted(const look& on) const {
  std::string whole;
  auto room = on.width;
  auto rest = length_;
  for (const auto& [text, how] : pieces_) {
    const auto characters = sandboxctl::length(text);
    rest -= characters;
    // A piece that fits but is followed by more needs room for the ellipsis.
    const bool is_last = characters > room || (characters == room && rest > 0);
    auto shown = is_last ? cut_end(text + (rest > 0 ? " " : ""), room) : text;
    if (!on.is_utf8)
      shown = as_ascii(shown);
    whole += on.has_colors ? colored(shown, how) : shown;
    if (is_last)
      break;
    room -= characters;
  }
  return whole;
}

std::string painted(const std::vector<styled_line>& lines, const look& on) {
  std::string whole;
  for (const auto& line : lines)
    whole += line.painted(on) + '\n';
  return whole;
}

} // namespace sandboxd::sandboxctl
