#include "http/json_tree_builder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace sandboxd::http {

using nlohmann::ordered_json;

namespace {

/// Room for one more. By itself the vector would copy all values, megabytes of text among them, since the
/// constant names beside them cannot be moved.
void make_room(ordered_json::object_t& members) {
  if (members.size() < members.capacity())
    return;
  ordered_json::object_t larger;
  larger.reserve(std::max<std::size_t>(2 * members.size(), 4));
  for (auto& [name, value] : members)
    larger.emplace_back(name, std::move(value));
  members = std::move(larger);
}

} // namespace

json_tree_builder::json_tree_builder(const json_limits& limits)
    : limits_(limits), root_(std::make_shared<ordered_json>()) {}

template <class Value>
bool json_tree_builder::add(Value&& value) {
  return place(ordered_json(std::forward<Value>(value))) != nullptr;
}

bool json_tree_builder::null() {
  return add(nullptr);
}
bool json_tree_builder::boolean(bool value) {
  return add(value);
}
bool json_tree_builder::number(std::int64_t value) {
  return add(value);
}
bool json_tree_builder::number(std::uint64_t value) {
  return add(value);
}
bool json_tree_builder::number(double value) {
  return add(value);
}
bool json_tree_builder::text(std::string value) {
  return add(std::move(value));
}
bool json_tree_builder::key(std::string name) {
  levels_.back().key = std::move(name);
  return true;
}
bool json_tree_builder::begin_object() {
  return open(ordered_json::object());
}
bool json_tree_builder::end_object() {
  return keys_are_unique() && close();
}
bool json_tree_builder::begin_array() {
  return open(ordered_json::array());
}
bool json_tree_builder::end_array() {
  return close();
}

bool json_tree_builder::refuse(std::string message, json_error::reason why) {
  error_ = json_error{why, path(), std::move(message)};
  return false;
}

/// Puts a value where it belongs; null when the document has too many.
ordered_json* json_tree_builder::place(ordered_json value) {
  if (++values_ > limits_.max_values) {
    refuse("More than " + std::to_string(limits_.max_values) + " values");
    return nullptr;
  }
  if (levels_.empty()) {
    *root_ = std::move(value);
    return root_.get();
  }
  level& parent = levels_.back();
  if (parent.container->is_array()) {
    auto& elements = parent.container->get_ref<ordered_json::array_t&>();
    return &elements.emplace_back(std::move(value));
  }
  auto& members = parent.container->get_ref<ordered_json::object_t&>();
  make_room(members);
  return &members.emplace_back(parent.key, std::move(value)).second;
}

bool json_tree_builder::open(ordered_json container) {
  if (levels_.size() >= limits_.max_depth)
    return refuse("Nested deeper than " + std::to_string(limits_.max_depth) + " levels");
  ordered_json* placed = place(std::move(container));
  if (placed == nullptr)
    return false;
  levels_.push_back(level{placed, {}});
  return true;
}

bool json_tree_builder::close() {
  levels_.pop_back();
  return true;
}

/// Two values of one key would mean different requests to different readers.
bool json_tree_builder::keys_are_unique() {
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

std::string json_tree_builder::path() const {
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

} // namespace sandboxd::http
