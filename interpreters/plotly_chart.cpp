#include "interpreters/chart.hpp"
#include "interpreters/chart_form.hpp"
#include "interpreters/foreign_json.hpp"
#include "interpreters/plotly_array.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::interpreters {

namespace {

using chart_form::member;
using chart_form::text_in;
using nlohmann::json;

/// Plotly lets a title be a text, or an object with one.
std::string title_of(const json& holder) {
  const auto& title = member(holder, "title");
  return title.is_string() ? title.get<std::string>() : text_in(title, "text");
}

json axis_of(const json& layout, std::string_view name) {
  const auto& axis = member(layout, name);
  auto scale = text_in(axis, "type");
  return chart_form::axis(title_of(axis), scale.empty() ? "linear" : std::move(scale));
}

/// [x, y] each; what is not given counts from 0, as plotly does.
void set_pairs(json& series, const plotly_array& x, const plotly_array& y) {
  const auto count = x && y ? std::min(x.size(), y.size()) : std::max(x.size(), y.size());
  chart_form::set_points(series, count, [&](std::size_t index) {
    return json::array({x ? x[index] : json(index), y ? y[index] : json(index)});
  });
}

void set_slices(json& series, const plotly_array& labels, const plotly_array& values) {
  double sum = 0;
  for (std::size_t index = 0; index < values.size(); ++index)
    sum += values.number_at(index).value_or(0);
  chart_form::set_points(series, sum > 0 ? values.size() : 0, [&](std::size_t index) {
    return json::array(
        {index < labels.size() ? labels[index] : json(index), values.number_at(index).value_or(0) / sum});
  });
}

void set_elements(json& series, const plotly_array& elements) {
  chart_form::set_points(series, elements.size(), [&](std::size_t index) { return elements[index]; });
}

/// Between the two nearest values, in proportion: plotly's quartilemethod "linear", numpy's default.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

/// A box of the values: whiskers reach the farthest value within one and a half times its height. Not of more
/// than `most_values`: of these its share is as good.
void set_box(json& series, const std::string& label, const plotly_array& values) {
  const chart_form::sampling kept(values.size(), most_values);
  std::vector<double> sorted;
  for (std::size_t index = 0; index < kept.size(); ++index)
    if (const auto number = values.number_at(kept[index]))
      sorted.push_back(*number);
  if (sorted.empty())
    return;
  std::ranges::sort(sorted);
  const double q1 = quantile(sorted, 0.25);
  const double q3 = quantile(sorted, 0.75);
  const double reach = 1.5 * (q3 - q1);
  const auto lowest = std::ranges::lower_bound(sorted, q1 - reach);
  const auto beyond = std::ranges::upper_bound(sorted, q3 + reach);
  std::vector<double> outliers(sorted.begin(), lowest);
  outliers.insert(outliers.end(), beyond, sorted.end());
  json box{{"label", label},
           {"min", *lowest},
           {"q1", q1},
           {"median", quantile(sorted, 0.5)},
           {"q3", q3},
           {"max", *(beyond - 1)},
           {"outliers", json::array()}};
  const chart_form::sampling shown(outliers.size());
  for (std::size_t index = 0; index < shown.size(); ++index)
    box["outliers"].push_back(outliers[shown[index]]);
  if (kept.size() < values.size())
    series["sampled_from"] = values.size();
  series["points"] = json::array({std::move(box)});
}

json series_of(const json& trace) {
  auto type = text_in(trace, "type");
  json series = json::object();
  if (auto name = text_in(trace, "name"); !name.empty())
    series["name"] = std::move(name);
  const plotly_array x(trace, "x");
  const plotly_array y(trace, "y");
  if (type.empty() || type == "scatter" || type == "scattergl") {
    const auto mode = text_in(trace, "mode");
    series["type"] = mode.empty() || mode.find("lines") != std::string::npos ? "line" : "scatter";
    set_pairs(series, x, y);
  } else if (type == "bar") {
    series["type"] = type;
    const bool lies = text_in(trace, "orientation") == "h";
    if (lies)
      series["orientation"] = "horizontal";
    set_pairs(series, lies ? y : x, lies ? x : y);
  } else if (type == "histogram") {
    series["type"] = type;
    set_elements(series, x ? x : y); // plotly counts when it draws
  } else if (type == "box") {
    series["type"] = type;
    set_box(series, text_in(trace, "name"), y ? y : x);
  } else if (type == "pie") {
    series["type"] = type;
    set_slices(series, plotly_array(trace, "labels"), plotly_array(trace, "values"));
  } else if (type == "heatmap") {
    series["type"] = type;
    set_elements(series, plotly_array(trace, "z"));
  } else {
    series["type"] = "unknown";
  }
  return series;
}

} // namespace

json chart_of_plotly(const json& figure) {
  const auto& traces = member(figure, "data");
  if (!traces.is_array() || traces.empty() || traces.size() > chart_form::most_points)
    return nullptr;
  const auto& layout = member(figure, "layout");
  json series = json::array();
  std::size_t values = 0; // a typed array has many in one
  for (const auto& trace : traces) {
    series.push_back(series_of(trace));
    values += chart_form::count_values(series.back());
    if (values > most_values)
      return nullptr;
  }
  const auto title = title_of(layout);
  return chart_form::chart("plotly", title,
                           json::array({chart_form::axes(title, axis_of(layout, "xaxis"),
                                                         axis_of(layout, "yaxis"), std::move(series))}));
}

} // namespace sandboxd::interpreters
