#pragma once

#include <cstddef>
#include <string>

namespace sandboxd::supervision {

/// Cuts a text before the UTF-8 character that would exceed `most` bytes.
inline void cut_text(std::string& text, std::size_t most) {
  if (text.size() <= most)
    return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) // inside a sequence
    --most;
  text.resize(most);
}

} // namespace sandboxd::supervision
