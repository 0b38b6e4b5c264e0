#include "http/quick_json.hpp"

#include "http/exchange.hpp"
#include "http/json_string.hpp"
#include "http/json_tree_builder.hpp"

#include <charconv>
#include <cstdint>
#include <simdjson.h>
#include <string>
#include <system_error>

namespace sandboxd::http {

namespace {

namespace ondemand = simdjson::ondemand;
static_assert(body_padding >= simdjson::SIMDJSON_PADDING);

bool tell(ondemand::value value, json_tree_builder& builder);

bool tell_object(ondemand::object members, json_tree_builder& builder) {
  if (!builder.begin_object())
    return false;
  for (auto member : members)
    if (!builder.key(std::string(std::string_view(member.unescaped_key()))) || !tell(member.value(), builder))
      return false;
  return builder.end_object();
}

bool tell_array(ondemand::array elements, json_tree_builder& builder) {
  if (!builder.begin_array())
    return false;
  for (ondemand::value value : elements)
    if (!tell(value, builder))
      return false;
  return builder.end_array();
}

/// Decoded straight into the tree's own string, which the parser's own function would make by way of a
/// buffer.
bool tell_text(ondemand::value value, json_tree_builder& builder) {
  const std::string_view token = value.raw_json_token(); // with the white space behind it
  (void)ondemand::raw_json_string(value.get_raw_json_string());
  auto text = decode_json_string(token.substr(1, token.rfind('"') - 1));
  if (!text)
    throw simdjson::simdjson_error(simdjson::STRING_ERROR);
  return builder.text(*std::move(text));
}

bool tell_number(ondemand::value token, json_tree_builder& builder) {
  const std::string_view text = token.raw_json_token();
  ondemand::number number = token.get_number();
  if (number.is_double()) {
    // simdjson 3.0 makes another number of a fraction with more than 19 digits, so that it only checks the
    // form.
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
      throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
    return builder.number(value);
  }
  if (number.is_uint64())
    return builder.number(number.get_uint64());
  const std::int64_t value = number.get_int64();
  return value < 0 ? builder.number(value) : builder.number(static_cast<std::uint64_t>(value));
}

/// False when the builder refuses, which it does before it gets too deep. Throws simdjson_error for what the
/// parser does not take.
bool tell(ondemand::value value, json_tree_builder& builder) {
  switch (ondemand::json_type(value.type())) {
  case ondemand::json_type::object:
    return tell_object(value, builder);
  case ondemand::json_type::array:
    return tell_array(value, builder);
  case ondemand::json_type::string:
    return tell_text(value, builder);
  case ondemand::json_type::number:
    return tell_number(value, builder);
  case ondemand::json_type::boolean:
    return builder.boolean(value.get_bool());
  case ondemand::json_type::null:
    if (!value.is_null())
      throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
    return builder.null();
  }
  return false;
}

} // namespace

bool has_more_tokens_than(std::string_view text, std::size_t most) {
  constexpr std::string_view blanks = " \t\r\n";
  constexpr std::string_view operators = ",:{}[]\"";
  std::size_t found = 0;
  bool is_in_literal = false;
  for (std::size_t at = 0; at < text.size() && found <= most; ++at) {
    const bool is_blank = blanks.find(text[at]) != std::string_view::npos;
    const bool is_operator = operators.find(text[at]) != std::string_view::npos;
    found += is_operator || (!is_blank && !is_in_literal) ? 1 : 0;
    is_in_literal = !is_blank && !is_operator;
    // Outside of strings the quick parser takes a backslash for an escape and some control characters for
    // operators; neither is JSON, so the other parser may say so.
    if (text[at] == '\\' || (static_cast<unsigned char>(text[at]) < ' ' && !is_blank))
      return true;
    if (text[at] != '"')
      continue;
    // A quote ends the string unless an odd number of backslashes stands before it.
    for (bool is_inside = true; is_inside;) {
      const auto quote = text.find('"', at + 1);
      if (quote == std::string_view::npos)
        return false; // no JSON
      const auto before = text.substr(at + 1, quote - at - 1);
      const auto last = before.find_last_not_of('\\');
      const auto backslashes = before.size() - (last == std::string_view::npos ? 0 : last + 1);
      is_inside = backslashes % 2 == 1;
      at = quote;
    }
  }
  return found > most;
}

std::optional<std::variant<json_tree, json_error>> read_json_quickly(const std::string& text,
                                                                     const json_limits& limits) {
  std::string padded;
  if (text.capacity() - text.size() < body_padding) {
    padded.reserve(text.size() + body_padding);
    padded = text;
  }
  try {
    ondemand::parser parser;
    ondemand::document document = parser.iterate(padded.empty() ? text : padded);
    json_tree_builder builder(limits);
    if (!tell(document.get_value(), builder))
      return builder.take_error();
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return std::nullopt; // more than one value
    return builder.take_tree();
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

} // namespace sandboxd::http
