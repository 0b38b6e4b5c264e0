#include "bench/sample_text.hpp"

namespace sandboxd::bench {

std::string sample_text(std::size_t bytes) {
  const std::string line = "012345678901234567890123456789012345678901234567890123456789012\n";
  std::string text;
  text.reserve(bytes + sample_line_bytes);
  while (text.size() < bytes)
    text += line;
  text.resize(bytes);
  return text;
}

} // namespace sandboxd::bench
