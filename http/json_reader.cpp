#include "http/json_reader.hpp"

#include "http/json_tree_builder.hpp"
#include "http/large_json.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>
#include <system_error>
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

/// The code unit of the escape `\uXXXX` that begins at `at`, if one does.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
  constexpr std::size_t length = 6;
  if (at + length > text.size() || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  unsigned unit = 0;
  const char* const end = text.data() + at + length;
  const auto [stop, fault] = std::from_chars(text.data() + at + 2, end, unit, 16);
  return fault == std::errc{} && stop == end ? std::optional(unit) : std::nullopt;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

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
    const auto next = is_high(*unit) ? escaped_unit(text, at + 6) : std::nullopt;
    const bool pair = next && is_low(*next);
    if (!pair && (is_high(*unit) || is_low(*unit)))
      found(at);
    at += pair ? 12 : 6;
  }
}

} // namespace

std::variant<json_tree, json_error> read_json(std::string_view text, const json_limits& limits) {
  std::string repaired; // for the rare text that needs it
  for_each_lone_surrogate(text, [&](std::size_t at) {
    if (repaired.empty())
      repaired = text;
    repaired.replace(at, 6, "\\ufffd");
  });
  if (!repaired.empty())
    text = repaired;
  if (text.size() >= large_json_bytes) {
    // What it does not understand, be it wrong or a number of hundreds of digits, the other one judges.
    if (auto parsed = parse_large_json(text, limits))
      return *std::move(parsed);
  }
  json_tree_builder builder(limits);
  event_reader events(builder);
  if (!nlohmann::ordered_json::sax_parse(text.begin(), text.end(), &events))
    return builder.take_error();
  return builder.take_tree();
}

} // namespace sandboxd::http
