#include "http/json_reader.hpp"

#include "http/json_string.hpp"
#include "http/json_tree_builder.hpp"
#include "http/quick_json.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace sandboxd::http {

namespace {

/// Hands the events of nlohmann's parser on.
class event_reader final : public nlohmann::json_sax<nlohmann::ordered_json> {
public:
  explicit event_reader(json_tree_builder& builder) : builder_(builder) {}

  bool null() override { return builder_.null(); }
  bool boolean(bool value) override { return builder_.boolean(value); }
  bool number_integer(number_integer_t value) override { return builder_.number(value); }
  bool number_unsigned(number_unsigned_t value) override { return builder_.number(value); }
  bool number_float(number_float_t value, const string_t&) override { return builder_.number(value); }
  bool string(string_t& value) override { return builder_.text(std::move(value)); }
  bool binary(binary_t&) override { return false; } // no JSON has any
  bool key(string_t& name) override { return builder_.key(std::move(name)); }
  bool start_object(std::size_t) override { return builder_.begin_object(); }
  bool end_object() override { return builder_.end_object(); }
  bool start_array(std::size_t) override { return builder_.begin_array(); }
  bool end_array() override { return builder_.end_array(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& fault) override {
    // What follows is text of the client's.
    const std::string_view reason = fault.what();
    const std::string_view what = reason.substr(0, reason.find("; last read"));
    const std::string where = " at byte " + std::to_string(position);
    if (what.find("UTF-8") != std::string_view::npos)
      return builder_.refuse("Invalid UTF-8" + where);
    if (fault.id == 406)
      return builder_.refuse("Number out of range" + where);
    return builder_.refuse("Invalid JSON" + where, json_error::reason::syntax);
  }

private:
  json_tree_builder& builder_;
};

/// Calls `found(position)` for every escape that is half a surrogate pair without the other half.
template <class Found>
void for_each_lone_surrogate(std::string_view text, Found found) {
  std::size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const auto unit = escaped_unit(text, at);
    if (!unit) {
      at += 2;
      continue;
    }
    const auto next = is_high_surrogate(*unit) ? escaped_unit(text, at + 6) : std::nullopt;
    const bool pair = next && is_low_surrogate(*next);
    if (!pair && (is_high_surrogate(*unit) || is_low_surrogate(*unit)))
      found(at);
    at += pair ? 12 : 6;
  }
}

} // namespace

std::variant<json_tree, json_error> read_json(const std::string& text, const json_limits& limits) {
  // The quick parser takes four bytes for a token before any value is counted. A value has at most five: its
  // key, a colon, itself in two brackets, a comma.
  if (!has_more_tokens_than(text, 5 * limits.max_values)) {
    // What it does not understand, be it wrong or a number of hundreds of digits, the other one judges.
    if (auto parsed = read_json_quickly(text, limits))
      return *std::move(parsed);
  }
  std::string repaired; // for the rare text that needs it
  for_each_lone_surrogate(text, [&](std::size_t at) {
    if (repaired.empty())
      repaired = text;
    repaired.replace(at, 6, "\\ufffd");
  });
  const std::string& understood = repaired.empty() ? text : repaired;
  json_tree_builder builder(limits);
  event_reader events(builder);
  if (!nlohmann::ordered_json::sax_parse(understood.begin(), understood.end(), &events))
    return builder.take_error();
  // That parser takes a NUL for the end of the text.
  if (const auto nul = understood.find('\0'); nul != std::string::npos) {
    builder.refuse("Invalid JSON at byte " + std::to_string(nul + 1), json_error::reason::syntax);
    return builder.take_error();
  }
  return builder.take_tree();
}

} // namespace sandboxd::http
