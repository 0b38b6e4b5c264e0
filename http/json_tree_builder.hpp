#pragma once

#include "http/json_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {

/// Builds the tree of a document from a parser's events, within limits. Own, because nlohmann's builder
/// copies every string, searches an object of n members in n steps for each new member, and lets the depth
/// grow until copying the tree overflows the stack.
///
/// Every event returns false when the document is refused; the parser is to stop then.
class json_tree_builder {
public:
  explicit json_tree_builder(const json_limits& limits);

  bool null();
  bool boolean(bool value);
  bool number(std::int64_t value);
  bool number(std::uint64_t value);
  bool number(double value);
  bool text(std::string value);
  bool key(std::string name);
  bool begin_object();
  bool end_object();
  bool begin_array();
  bool end_array();

  /// Refuses the document for a reason of the parser's own.
  bool refuse(std::string message, json_error::reason why = json_error::reason::refused);

  /// After the last event.
  [[nodiscard]] json_tree take_tree() { return std::move(root_); }
  /// After one that returned false.
  [[nodiscard]] json_error take_error() { return std::move(error_); }

private:
  struct level {
    nlohmann::ordered_json* container;
    std::string key;
  };

  template <class Value>
  bool add(Value&& value);
  nlohmann::ordered_json* place(nlohmann::ordered_json value);
  bool open(nlohmann::ordered_json container);
  bool close();
  bool keys_are_unique();
  [[nodiscard]] std::string path() const;

  const json_limits& limits_;
  json_tree root_;
  std::vector<level> levels_;
  std::size_t values_ = 0;
  json_error error_;
};

} // namespace sandboxd::http
