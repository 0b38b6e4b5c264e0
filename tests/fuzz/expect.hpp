#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace sandboxd::fuzz {

/// Ends the process unless `holds`: a fuzzer keeps the input that did it, and a replayed one fails its test.
/// `rule`: what must hold whatever the input is.
inline void expect(bool holds, std::string_view rule) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

/// The bytes as text.
[[nodiscard]] inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace sandboxd::fuzz
