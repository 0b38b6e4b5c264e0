#include "interpreters/chart.hpp"
#include "interpreters/chart_form.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::interpreters {

namespace {

using chart_form::member;
using chart_form::text_in;
using nlohmann::json;

/// The type of chart a mark makes; empty for one that shows no data of its own.
std::string type_of(const json& view) {
  const auto& mark = member(view, "mark");
  const auto name = mark.is_string() ? mark.get<std::string>() : text_in(mark, "type");
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> marks{{{"line", "line"},
                                                                                {"area", "line"},
                                                                                {"trail", "line"},
                                                                                {"point", "scatter"},
                                                                                {"circle", "scatter"},
                                                                                {"square", "scatter"},
                                                                                {"bar", "bar"},
                                                                                {"arc", "pie"},
                                                                                {"rect", "heatmap"}}};
  for (const auto& [mark_name, type] : marks)
    if (mark_name == name)
      return std::string(type);
  return "";
}

/// The rows of a view: in place, or by name in the whole specification.
const json& rows_of(const json& view, const json& whole) {
  const auto& own = member(view, "data");
  const auto& data = own.is_object() ? own : member(whole, "data");
  if (member(data, "values").is_array())
    return member(data, "values");
  return member(member(whole, "datasets"), text_in(data, "name"));
}

json axis_of(const json& channel) {
  auto label = text_in(channel, "title");
  if (label.empty())
    label = text_in(member(channel, "axis"), "title");
  if (label.empty())
    label = text_in(channel, "field");
  auto scale = text_in(member(channel, "scale"), "type");
  return chart_form::axis(label, scale.empty() ? "linear" : std::move(scale));
}

/// The two channels that make a point: of a pie its labels and values.
std::pair<json, json> channels_of(const json& view, const std::string& type) {
  const auto& encoding = member(view, "encoding");
  if (type == "pie")
    return {member(encoding, "color"), member(encoding, "theta")};
  return {member(encoding, "x"), member(encoding, "y")};
}

/// What a point of a series is made of: the names of the fields.
struct point_fields {
  std::string x;
  std::string y;
  std::string color;
};

void set_points(json& series, const std::vector<const json*>& rows, const point_fields& fields) {
  const bool has_color = series["type"] == "heatmap";
  chart_form::set_points(series, rows.size(), [&](std::size_t index) {
    const auto& row = *rows[index];
    auto point = json::array({member(row, fields.x), member(row, fields.y)});
    if (has_color)
      point.push_back(member(row, fields.color));
    return point;
  });
}

/// Vega-Lite makes shares of the whole of an arc's values when it draws.
void set_shares(json& series, const std::vector<const json*>& rows, const point_fields& fields) {
  const auto value_in = [&](const json& row) {
    return chart_form::finite_number(member(row, fields.y)).value_or(0);
  };
  double sum = 0;
  for (const auto* row : rows)
    sum += value_in(*row);
  chart_form::set_points(series, rows.size(), [&](std::size_t index) {
    return json::array({member(*rows[index], fields.x), sum > 0 ? value_in(*rows[index]) / sum : 0});
  });
}

/// What the series with a row is called: after the value of the field that gives the color, if one does.
std::string name_of(const json& row, const point_fields& fields, const std::string& type) {
  if (fields.color.empty() || type == "heatmap")
    return "";
  const auto& group = member(row, fields.color);
  return group.is_string() ? group.get<std::string>()
                           : group.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// One series for each name; null when there are too many.
json series_of(const json& view, const json& rows, const std::string& type) {
  const auto [x, y] = channels_of(view, type);
  const auto color = type == "pie" ? "" : text_in(member(member(view, "encoding"), "color"), "field");
  const point_fields fields{text_in(x, "field"), text_in(y, "field"), color};
  std::map<std::string, std::vector<const json*>> groups;
  for (const auto& row : rows) {
    groups[name_of(row, fields, type)].push_back(&row);
    if (groups.size() > chart_form::most_points)
      return nullptr;
  }
  json all = json::array();
  for (const auto& [name, group] : groups) {
    json series{{"type", type}};
    if (!name.empty())
      series["name"] = name;
    if (type == "pie")
      set_shares(series, group, fields);
    else
      set_points(series, group, fields);
    all.push_back(std::move(series));
  }
  return all;
}

const json& known_view(const json& specification) {
  const auto& layers = member(specification, "layer");
  if (layers.is_array())
    for (const auto& layer : layers)
      if (!type_of(layer).empty())
        return layer;
  return specification;
}

} // namespace

json chart_of_vega(const json& specification) {
  const auto& view = known_view(specification);
  const auto type = type_of(view);
  const auto& rows = rows_of(view, specification);
  if (type.empty() || !rows.is_array())
    return nullptr;
  const auto& title = member(specification, "title");
  const auto heading = title.is_string() ? title.get<std::string>() : text_in(title, "text");
  auto series = series_of(view, rows, type);
  if (series.is_null())
    return nullptr;
  const auto [x, y] = channels_of(view, type);
  return chart_form::chart(
      "altair", heading, json::array({chart_form::axes(heading, axis_of(x), axis_of(y), std::move(series))}));
}

} // namespace sandboxd::interpreters
