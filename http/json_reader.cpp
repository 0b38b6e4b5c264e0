#include "http/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
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
    const std::string_view what = fault.what();
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

} // namespace

std::variant<json_tree, json_error> read_json(std::string_view text, const json_limits& limits) {
  tree_builder builder(limits);
  if (!ordered_json::sax_parse(text.begin(), text.end(), &builder))
    return builder.take_error();
  return builder.take_tree();
}

} // namespace sandboxd::http
