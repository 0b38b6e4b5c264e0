#include "http/large_json.hpp"

#include "http/json_tree_builder.hpp"

#include <cstdint>
#include <simdjson.h>
#include <string>

namespace sandboxd::http {

namespace {

namespace dom = simdjson::dom;

bool tell(const dom::element& value, json_tree_builder& builder);

bool tell_object(const dom::object& members, json_tree_builder& builder) {
  if (!builder.begin_object())
    return false;
  for (const auto& [name, value] : members) {
    if (!builder.key(std::string(name)) || !tell(value, builder))
      return false;
  }
  return builder.end_object();
}

bool tell_array(const dom::array& elements, json_tree_builder& builder) {
  if (!builder.begin_array())
    return false;
  for (const auto& value : elements)
    if (!tell(value, builder))
      return false;
  return builder.end_array();
}

/// No deeper than the parser was allowed to go. False when the builder refuses.
bool tell(const dom::element& value, json_tree_builder& builder) {
  switch (value.type()) {
  case dom::element_type::OBJECT:
    return tell_object(dom::object(value), builder);
  case dom::element_type::ARRAY:
    return tell_array(dom::array(value), builder);
  case dom::element_type::STRING:
    return builder.text(std::string(std::string_view(value)));
  case dom::element_type::UINT64:
    return builder.number(std::uint64_t(value));
  case dom::element_type::INT64: {
    const auto number = std::int64_t(value);
    return number < 0 ? builder.number(number) : builder.number(static_cast<std::uint64_t>(number));
  }
  case dom::element_type::DOUBLE:
    return builder.number(double(value));
  case dom::element_type::BOOL:
    return builder.boolean(bool(value));
  case dom::element_type::NULL_VALUE:
    return builder.null();
  }
  return false;
}

} // namespace

std::optional<std::variant<json_tree, json_error>> parse_large_json(std::string_view text,
                                                                    const json_limits& limits) {
  dom::parser parser;
  // One level more than allowed, so that what is too deep is refused with its name.
  if (parser.allocate(text.size(), limits.max_depth + 1) != simdjson::SUCCESS)
    return std::nullopt;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return std::nullopt;
  json_tree_builder builder(limits);
  if (!tell(root, builder))
    return builder.take_error();
  return builder.take_tree();
}

} // namespace sandboxd::http
