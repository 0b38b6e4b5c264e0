#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the daemon and the transpiler of TypeScript say to each other, as JSON (`node/transpiler.js`).
namespace sandboxd::interpreters {

/// TypeScript to be made JavaScript.
struct transpile_order {
  std::uint64_t id = 0; ///< comes back with the answer
  std::string code;
};

[[nodiscard]] std::string to_text(const transpile_order& order);

/// What came of it.
struct transpiled_code {
  std::uint64_t id = 0;
  std::string code;       ///< JavaScript; empty when it was rejected
  std::string source_map; ///< JSON: where in the user's text a place of `code` comes from; null: the code is
                          ///< that text
  /// JSON, for the executor: why it is no TypeScript; empty when it is.
  std::string problem;
};

/// Nothing for what is no answer (the first message, which says that it is ready).
[[nodiscard]] std::optional<transpiled_code> parse_transpiled(std::string_view text);

} // namespace sandboxd::interpreters
