#pragma once

#include "http/json_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::http {

/// Whether a text has more than `most` tokens of JSON (RFC 8259 section 2: brackets, commas, colons, strings,
/// and whatever stands between them), or so many for the quick parser. Looks no further than it has to.
[[nodiscard]] bool has_more_tokens_than(std::string_view text, std::size_t most);

/// The same as `read_json` by simdjson, which is twenty times as fast as nlohmann's parser where a text is
/// long does. Nothing when it does not accept the text, for whatever reason, or when that is a lone scalar;
/// the other parser says why.
[[nodiscard]] std::optional<std::variant<json_tree, json_error>> read_json_quickly(const std::string& text,
                                                                                   const json_limits& limits);

} // namespace sandboxd::http
