#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace sandboxd::http {

/// A request body as a tree that keeps the order of the keys, which is evidence of the dialect (HTTP.md 2.3).
using json_tree = std::shared_ptr<nlohmann::ordered_json>;

/// How much structure a document may have; its length is bounded where the body is received.
struct json_limits {
  /// Arrays and objects inside each other.
  std::size_t max_depth = 64;
  /// Values in the whole document: a tree takes many times the memory of the text `[0,0,0,...]`.
  std::size_t max_values = 200'000;
};

/// Why a body was not accepted.
struct json_error {
  enum class reason : std::uint8_t {
    /// It is not JSON text.
    syntax,
    /// It is JSON of a kind that is refused: too deep, too many values, a key twice, not UTF-8.
    refused,
  };
  reason why = reason::syntax;
  /// The member being read, for example `env.PATH`; `body` outside of any member.
  std::string field;
  /// One sentence, without any text of the document.
  std::string message;
};

/// Parses a whole document. An escaped half of a surrogate pair, as JavaScript writes one, becomes U+FFFD
/// (HTTP.md 1.4). The text is copied first unless it has `body_padding` bytes of capacity left.
[[nodiscard]] std::variant<json_tree, json_error> read_json(const std::string& text,
                                                            const json_limits& limits);

} // namespace sandboxd::http
