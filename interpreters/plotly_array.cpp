#include "interpreters/plotly_array.hpp"

#include "interpreters/chart_form.hpp"
#include "interpreters/foreign_json.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::interpreters {

namespace {

using chart_form::member;
using chart_form::text_in;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "typed arrays are read as they are");

constexpr std::uint8_t no_digit = 64;

/// The value of each character as a digit of base64.
constexpr std::array<std::uint8_t, 256> digit_values = [] {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t value = 0; value < digits.size(); ++value)
    values[static_cast<unsigned char>(digits[value])] = static_cast<std::uint8_t>(value);
  return values;
}();

std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('='))
    text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const auto six = digit_values[static_cast<unsigned char>(digit)];
    if (six == no_digit)
      return std::nullopt;
    bits = bits << 6 | six;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return bytes;
}

struct number_type {
  std::size_t width = 0; // bytes
  json (*read)(const char*) = nullptr;
};

template <class Number>
number_type reads() {
  return {sizeof(Number), [](const char* bytes) {
            Number number;
            std::memcpy(&number, bytes, sizeof number);
            return json(number);
          }};
}

/// The names of plotly.js, `typed_array_spec`.
number_type type_of(std::string_view name) {
  if (name == "f8" || name == "float64")
    return reads<double>();
  if (name == "f4" || name == "float32")
    return reads<float>();
  if (name == "i4" || name == "int32")
    return reads<std::int32_t>();
  if (name == "u4" || name == "uint32")
    return reads<std::uint32_t>();
  if (name == "i2" || name == "int16")
    return reads<std::int16_t>();
  if (name == "u2" || name == "uint16")
    return reads<std::uint16_t>();
  if (name == "i1" || name == "int8")
    return reads<std::int8_t>();
  if (name == "u1" || name == "uint8" || name == "u1c" || name == "uint8c")
    return reads<std::uint8_t>();
  return {};
}

/// "2, 3", or the number 2; empty when it is neither, or has more dimensions than are parsed.
std::vector<std::size_t> lengths_in(const json& shape) {
  if (shape.is_number_unsigned())
    return {shape.get<std::size_t>()};
  const std::string text = shape.is_string() ? shape.get<std::string>() : std::string();
  std::vector<std::size_t> lengths;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::size_t length = 0;
    const auto [rest, error] = std::from_chars(at, end, length);
    if (error != std::errc() || lengths.size() == 2)
      return {};
    lengths.push_back(length);
    at = rest;
    while (at != end && (*at == ',' || *at == ' '))
      ++at;
  }
  return lengths;
}

} // namespace

plotly_array::plotly_array(const json& trace, std::string_view name) {
  const auto& value = member(trace, name);
  if (value.is_array()) {
    elements_ = &value;
    size_ = value.size();
  } else if (member(value, "bdata").is_string()) {
    read_typed(value);
  }
}

void plotly_array::read_typed(const json& typed) {
  const auto type = type_of(text_in(typed, "dtype"));
  auto bytes = type.read != nullptr ? decode_base64(member(typed, "bdata").get_ref<const std::string&>())
                                    : std::nullopt;
  if (!bytes || bytes->size() % type.width != 0)
    return;
  size_ = bytes->size() / type.width;
  const auto& shape = member(typed, "shape");
  if (!shape.is_null() && !set_shape(shape)) {
    size_ = 0;
    return;
  }
  bytes_ = std::move(*bytes);
  width_ = type.width;
  read_ = type.read;
}

/// False when it is not the shape of `size_` numbers, or has too long rows.
bool plotly_array::set_shape(const json& shape) {
  const auto lengths = lengths_in(shape);
  if (lengths.size() == 1)
    return lengths[0] == size_;
  if (lengths.size() != 2 || lengths[1] == 0 || size_ % lengths[1] != 0 || size_ / lengths[1] != lengths[0])
    return false;
  if (chart_form::sampling(lengths[0]).size() > most_values / lengths[1])
    return false;
  size_ = lengths[0];
  row_length_ = lengths[1];
  return true;
}

json plotly_array::operator[](std::size_t index) const {
  if (elements_ != nullptr)
    return (*elements_)[index];
  if (!row_length_)
    return read_(bytes_.data() + index * width_);
  json row = json::array();
  for (std::size_t column = 0; column < *row_length_; ++column)
    row.push_back(read_(bytes_.data() + (index * *row_length_ + column) * width_));
  return row;
}

std::optional<double> plotly_array::number_at(std::size_t index) const {
  if (elements_ != nullptr)
    return chart_form::finite_number((*elements_)[index]);
  return row_length_ ? std::nullopt : chart_form::finite_number((*this)[index]);
}

} // namespace sandboxd::interpreters
