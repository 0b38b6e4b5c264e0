#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// JSON that others have made, perhaps to do harm: it is checked and taken apart, but what is only to be
/// passed on does not become a tree, which would take many times its memory. Nothing here throws on any text.
namespace sandboxd::interpreters {

/// A JSON value as text: ASCII, without blanks and line breaks between its tokens.
struct json_text {
  std::string text;
  std::size_t values = 0; ///< in it, itself among them
};

/// By their names.
using json_members = std::map<std::string, json_text, std::less<>>;

/// An object, and one of its members that is an object.
struct foreign_object {
  json_members members; ///< without the one that has been opened
  json_members opened;
};

/// Takes an object apart; nothing when `text` is no JSON object. Arrays and objects nested deeper than 1,024
/// are left out: whoever wants to show more nests by mistake.
///
/// `opened`: the name of the member to be taken apart too, if it is an object.
[[nodiscard]] std::optional<foreign_object> take_apart(std::string_view text, std::string_view opened = "");

/// The most values that become a tree, of some 100 bytes each.
inline constexpr std::size_t most_values = 500'000;

/// Null when it has more than `most_values`.
[[nodiscard]] nlohmann::json tree_of(const json_text& value);

/// The member as a tree; null also when there is none.
[[nodiscard]] nlohmann::json tree_in(const json_members& members, std::string_view name);

/// The member if it is a string, else "".
[[nodiscard]] std::string string_in(const json_members& members, std::string_view name);

/// The text of the member if it is an object, else "".
[[nodiscard]] std::string object_in(const json_members& members, std::string_view name);

/// `text` as a JSON string, ASCII.
[[nodiscard]] std::string quoted(std::string text);

} // namespace sandboxd::interpreters
