#include "files/watch_pattern.hpp"

#include <cstddef>

namespace sandboxd::files {

namespace {

/// Whether a byte goes on with a character of UTF-8.
bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

} // namespace

watch_pattern::watch_pattern(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_double = text.substr(i, 2) == "**";
    if (text[i] == '?')
      tokens_.push_back({kind::one, 0});
    else if (text[i] != '*')
      tokens_.push_back({kind::literal, text[i]});
    else
      tokens_.push_back({is_double ? kind::any : kind::any_in_component, 0});
    i += is_double ? 1 : 0;
  }
}

void watch_pattern::reach(positions& reached, std::size_t position) const {
  for (; !reached[position]; ++position) {
    reached[position] = true;
    if (position == tokens_.size() || tokens_[position].what < kind::any_in_component)
      return;
  }
}

void watch_pattern::step(const positions& reached, char next, positions& after) const {
  after.assign(reached.size(), false);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (!reached[i])
      continue;
    if (i > 0 && tokens_[i - 1].what == kind::one && continues_character(next))
      after[i] = true; // still the same character
    if (i == tokens_.size())
      continue;
    const token& wanted = tokens_[i];
    if (wanted.what == kind::any || (wanted.what == kind::any_in_component && next != '/'))
      reach(after, i);
    else if (wanted.what == kind::literal ? wanted.literal == next : wanted.what == kind::one && next != '/')
      reach(after, i + 1);
  }
}

bool watch_pattern::matches(std::string_view path) const {
  positions reached(tokens_.size() + 1);
  positions after;
  for (std::size_t i = 0;; ++i) {
    if (i == 0 || path[i - 1] == '/')
      reach(reached, 0);
    const bool ends_component = i == path.size() || path[i] == '/';
    if (ends_component && reached.back())
      return true;
    if (i == path.size())
      return false;
    step(reached, path[i], after);
    reached.swap(after);
  }
}

} // namespace sandboxd::files
