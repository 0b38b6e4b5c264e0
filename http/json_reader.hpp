#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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

/// Parses a whole document. While that lasts a long string takes several times its size: the parser has a
/// padded copy of the text and the decoded strings before they are copied into the tree. An escaped half of a
/// surrogate pair, as JavaScript writes one, becomes U+FFFD (HTTP.md 1.4).
[[nodiscard]] std::variant<json_tree, json_error> read_json(std::string_view text, const json_limits& limits);

} // namespace sandboxd::http
