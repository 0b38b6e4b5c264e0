#include "interpreters/chart_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace sandboxd::interpreters::chart_form {

using nlohmann::json;

namespace {

/// The most telling first: a bar chart with a line over it is a bar chart.
constexpr std::array<std::string_view, 7> types{"pie", "heatmap", "box", "histogram",
                                                "bar", "scatter", "line"};

/// After a space: "time (s)" has a unit, "f(x)" has none.
std::string unit_of(std::string label) {
  while (label.ends_with(' '))
    label.pop_back();
  if (!label.ends_with(')') && !label.ends_with(']'))
    return "";
  const auto open = label.find_last_of("([");
  const bool stands_alone = open != std::string::npos && open > 0 && label[open - 1] == ' ';
  return stands_alone ? label.substr(open + 1, label.size() - open - 2) : "";
}

} // namespace

json axis(const std::string& label, const std::string& scale) {
  json told{{"label", label}, {"scale", scale}};
  if (auto unit = unit_of(label); !unit.empty())
    told["unit"] = std::move(unit);
  return told;
}

json axes(const std::string& title, json x, json y, json series) {
  std::set<std::string> there;
  for (const auto& one : series)
    there.insert(text_in(one, "type"));
  std::string type = "unknown";
  for (const auto known : types)
    if (there.contains(std::string(known))) {
      type = known;
      break;
    }
  return {{"type", type},
          {"title", title},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"series", std::move(series)}};
}

json chart(std::string_view library, const std::string& title, json all_axes) {
  std::set<std::string> there;
  for (const auto& one : all_axes)
    there.insert(text_in(one, "type"));
  return {{"type", there.size() == 1 ? *there.begin() : "unknown"},
          {"title", title.empty() ? text_in(all_axes.at(0), "title") : title},
          {"library", library},
          {"data", {{"axes", std::move(all_axes)}}}};
}

sampling::sampling(std::size_t count, std::size_t most) : count_(count), kept_(std::min(count, most)) {}

std::size_t sampling::operator[](std::size_t kept) const {
  if (kept_ == count_)
    return kept;
  const double step = static_cast<double>(count_ - 1) / static_cast<double>(kept_ - 1);
  return static_cast<std::size_t>(std::llround(static_cast<double>(kept) * step));
}

void set_points(json& series, std::size_t count, const std::function<json(std::size_t)>& point_at) {
  const sampling kept(count);
  if (kept.size() < count)
    series["sampled_from"] = count;
  json points = json::array();
  for (std::size_t index = 0; index < kept.size(); ++index)
    points.push_back(point_at(kept[index]));
  series["points"] = std::move(points);
}

std::size_t count_values(const json& value) {
  std::size_t count = 1;
  if (value.is_structured())
    for (const auto& one : value)
      count += count_values(one);
  return count;
}

std::optional<double> finite_number(const json& value) {
  if (!value.is_number())
    return std::nullopt;
  const auto number = value.get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string text_in(const json& object, std::string_view name) {
  const auto& found = member(object, name);
  return found.is_string() ? found.get<std::string>() : std::string();
}

const json& member(const json& object, std::string_view name) {
  static const json none;
  const auto found = object.find(name);
  return found != object.end() ? *found : none;
}

} // namespace sandboxd::interpreters::chart_form
