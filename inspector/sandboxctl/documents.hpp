#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Reading of the interface's JSON. What is missing or of another type than the contract says reads as empty
/// or 0: a client need not know more than the server.
namespace sandboxd::sandboxctl {

/// Keeps the order of the interface.
using json = nlohmann::ordered_json;

/// Throws `failure` when it is no JSON.
[[nodiscard]] json parse_document(std::string_view text);

/// For standard output: all but ASCII is escaped, so that nothing in it moves a terminal.
[[nodiscard]] std::string one_line(const json& document);
[[nodiscard]] std::string indented(const json& document);

/// Lives as long as the object.
[[nodiscard]] const json& member(const json& object, const char* name);
const json& member(json&& object, const char* name) = delete;
[[nodiscard]] std::string text_of(const json& object, const char* name);
[[nodiscard]] std::uint64_t count_of(const json& object, const char* name);
[[nodiscard]] std::int64_t number_of(const json& object, const char* name);

/// What a value says without quotes: of a text itself, of anything else its JSON.
[[nodiscard]] std::string plain_value(const json& value);

} // namespace sandboxd::sandboxctl
