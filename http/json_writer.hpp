#pragma once

#include "http/json_string.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Writes one JSON object member by member, in the order of the calls. Member names are our own (plain
/// ASCII); values may be any bytes. Nested values other than objects are written apart and added with `raw`.
class json_writer {
public:
  explicit json_writer(json_charset charset = json_charset::utf8) : charset_(charset) {}

  json_writer& text(std::string_view name, std::string_view value);
  json_writer& texts(std::string_view name, std::span<const std::string> values);
  template <std::integral Number>
  json_writer& number(std::string_view name, Number value) {
    return raw(name, std::to_string(value));
  }
  json_writer& boolean(std::string_view name, bool value);
  json_writer& null(std::string_view name);
  /// Adds a value that is JSON text already.
  json_writer& raw(std::string_view name, std::string_view json);
  /// What follows are the members of an object, the value of `name`, until `end_object`.
  json_writer& begin_object(std::string_view name);
  json_writer& end_object();
  /// What follows are the members of an object in an array, until `end_object`. `is_first`: of that array,
  /// whose brackets are written apart.
  json_writer& begin_element(bool is_first);
  /// Adds members that are JSON text already, without the braces; nothing when empty.
  json_writer& members(std::string_view json);

  /// Makes room for so many bytes in all.
  json_writer& reserve(std::size_t bytes) {
    text_.reserve(bytes);
    return *this;
  }

  /// Bytes written so far.
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }

  /// The members written so far, without the braces.
  [[nodiscard]] std::string take_members() { return std::move(text_); }

  /// The whole object, braces included.
  [[nodiscard]] std::string finish();

private:
  void begin(std::string_view name);

  json_charset charset_;
  std::string text_;
};

} // namespace sandboxd::http
