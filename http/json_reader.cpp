#include "http/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::http {

namespace {

using nlohmann::ordered_json;

/// Builds the tree from the parser's events. Own, because nlohmann's builder copies every string, searches an
/// object of n members in n steps for each new member, and lets the depth grow until copying the tree
/// overflows the stack.
class tree_builder final : public nlohmann::json_sax<ordered_json> {
public:
  explicit tree_builder(const json_limits& limits) : limits_(limits) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }

  bool start_object(std::size_t) override { return open(ordered_json::object()); }
  bool start_array(std::size_t) override { return open(ordered_json::array()); }
  bool end_array() override { return close(); }
  bool end_object() override { return keys_are_unique() && close(); }

  bool key(string_t& name) override {
    levels_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& fault) override {
    // What follows is text of the client's.
    const std::string_view reason = fault.what();
    const std::string_view what = reason.substr(0, reason.find("; last read"));
    const std::string where = " at byte " + std::to_string(position);
    if (what.find("UTF-8") != std::string_view::npos)
      return refuse("Invalid UTF-8" + where);
    if (fault.id == 406)
      return refuse("Number out of range" + where);
    error_ = json_error{json_error::reason::syntax, path(), "Invalid JSON" + where};
    return false;
  }

  json_tree take_tree() { return std::make_shared<ordered_json>(std::move(root_)); }
  json_error take_error() { return std::move(error_); }

private:
  struct level {
    ordered_json* container;
    std::string key;
  };

  template <class Value>
  bool add(Value&& value) {
    return place(ordered_json(std::forward<Value>(value))) != nullptr;
  }

  /// Puts a value where it belongs; null when the document has too many.
  ordered_json* place(ordered_json value) {
    if (++values_ > limits_.max_values) {
      refuse("More than " + std::to_string(limits_.max_values) + " values");
      return nullptr;
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    level& parent = levels_.back();
    if (parent.container->is_array()) {
      auto& elements = parent.container->get_ref<ordered_json::array_t&>();
      return &elements.emplace_back(std::move(value));
    }
    auto& members = parent.container->get_ref<ordered_json::object_t&>();
    return &members.emplace_back(parent.key, std::move(value)).second;
  }

  bool open(ordered_json container) {
    if (levels_.size() >= limits_.max_depth)
      return refuse("Nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    ordered_json* placed = place(std::move(container));
    if (placed == nullptr)
      return false;
    levels_.push_back(level{placed, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  /// Two values of one key would mean different requests to different readers.
  bool keys_are_unique() {
    const auto& members = levels_.back().container->get_ref<const ordered_json::object_t&>();
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members)
      keys.emplace_back(member.first);
    std::sort(keys.begin(), keys.end());
    const auto twin = std::adjacent_find(keys.begin(), keys.end());
    if (twin == keys.end())
      return true;
    levels_.back().key = std::string(*twin);
    return refuse("Key given twice");
  }

  bool refuse(std::string message) {
    error_ = json_error{json_error::reason::refused, path(), std::move(message)};
    return false;
  }

  [[nodiscard]] std::string path() const {
    constexpr std::size_t longest = 128;
    std::string joined;
    for (const level& outer : levels_) {
      if (outer.key.empty() || joined.size() > longest)
        continue;
      if (!joined.empty())
        joined.push_back('.');
      joined.append(outer.key, 0, longest);
    }
    return joined.empty() ? "body" : joined;
  }

  const json_limits& limits_;
  ordered_json root_;
  std::vector<level> levels_;
  std::size_t values_ = 0;
  json_error error_;
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
  tree_builder builder(limits);
  if (!ordered_json::sax_parse(text.begin(), text.end(), &builder))
    return builder.take_error();
  return builder.take_tree();
}

} // namespace sandboxd::http
