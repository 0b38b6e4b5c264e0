#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::interpreters {

/// A member of a trace that is an array: of JSON, or one of plotly's typed arrays. Since version 6 its Python
/// library sends numbers as `{"dtype": "f8", "bdata": "<base64, little endian>", "shape": "2, 3"}`, of which
/// the shape is there for more than one dimension. Rows of rows, at most: nothing that is parsed has three
/// dimensions. JSON is made only of the elements that are asked for.
class plotly_array {
public:
  /// Without elements when `trace` has no such member, when it is no array, or a typed one that is broken
  /// or has so long rows that those of a series (`chart_form::most_points`) have more than `most_values`.
  /// `trace` must outlive this.
  plotly_array(const nlohmann::json& trace, std::string_view name);

  /// Whether it is an array at all.
  explicit operator bool() const { return elements_ != nullptr || read_ != nullptr; }

  /// Elements; of two dimensions, rows.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// `index`: less than `size()`.
  [[nodiscard]] nlohmann::json operator[](std::size_t index) const;

  /// The element if it is a number and finite.
  [[nodiscard]] std::optional<double> number_at(std::size_t index) const;

private:
  void read_typed(const nlohmann::json& typed);
  bool set_shape(const nlohmann::json& shape);

  const nlohmann::json* elements_ = nullptr; // of an array of JSON
  std::string bytes_;                        // of a typed array
  nlohmann::json (*read_)(const char*) = nullptr;
  std::size_t width_ = 0; // bytes of a number
  std::size_t size_ = 0;
  std::optional<std::size_t> row_length_;
};

} // namespace sandboxd::interpreters
