#pragma once

#include "http/json_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::http {

/// From this length on `read_json` tries the quick parser first: below it its tables cost more than they
/// save.
inline constexpr std::size_t large_json_bytes = 64u << 10;

/// Whether a document may have more values than `most`, by its commas and opening brackets outside of
/// strings. Looks no further than it has to.
[[nodiscard]] bool has_more_values_than(std::string_view text, std::size_t most);

/// The same as `read_json` by simdjson, which reads a long string many times as fast as nlohmann's parser
/// does. Nothing when it does not accept the text, for whatever reason, or when that is a lone scalar; the
/// other parser says why.
[[nodiscard]] std::optional<std::variant<json_tree, json_error>> parse_large_json(const std::string& text,
                                                                                  const json_limits& limits);

} // namespace sandboxd::http
