#include "interpreters/rich_result.hpp"

#include "interpreters/chart.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace sandboxd::interpreters {

namespace {

using nlohmann::json;

constexpr std::string_view plain_text = "text/plain";
constexpr std::string_view html = "text/html";
constexpr std::string_view own_chart = "application/vnd.sandboxd.chart+json";

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> words{{
    {plain_text, "text"},
    {html, "html"},
    {"image/png", "png"},
    {"image/jpeg", "jpeg"},
    {"image/svg+xml", "svg"},
    {"application/pdf", "pdf"},
    {"text/latex", "latex"},
    {"text/markdown", "markdown"},
    {"application/javascript", "javascript"},
    {"application/json", "json"},
}};

/// An object, or it is none of ours.
bool is_own_chart(std::string_view type, const json_text& value) {
  return type == own_chart && value.text.starts_with('{');
}

bool has_word(std::string_view type) {
  return std::ranges::any_of(words, [&](const auto& one) { return one.first == type; });
}

/// Whether a client that knows the reference's words only would have nothing to show but the text.
bool has_text_alone(const json_members& bundle) {
  return std::ranges::none_of(
      words, [&](const auto& one) { return one.first != plain_text && bundle.contains(one.first); });
}

/// What others have drawn; null when it is no chart that is understood. They are users' data: whatever is
/// wrong with it, the value is shown without a chart.
json parse_chart(std::string_view type, const json_text& value) {
  try {
    if (type.starts_with("application/vnd.plotly."))
      return chart_of_plotly(tree_of(value));
    if (type.starts_with("application/vnd.vegalite."))
      return chart_of_vega(tree_of(value));
  } catch (const std::exception&) {
  }
  return nullptr;
}

/// The chart in a bundle, as JSON; empty when there is none.
std::string chart_in(const json_members& bundle) {
  for (const auto& [type, value] : bundle) {
    if (is_own_chart(type, value))
      return value.text;
    if (const auto chart = parse_chart(type, value); !chart.is_null())
      return chart.dump(-1, ' ', true, json::error_handler_t::replace);
  }
  return "";
}

/// Without a word of their own, and so clients' to understand; an object, empty when there are none.
std::string others_in(const json_members& bundle) {
  std::string others;
  for (const auto& [type, value] : bundle)
    if (!has_word(type) && !is_own_chart(type, value))
      others.append(others.empty() ? "{" : ",").append(quoted(type)).append(":").append(value.text);
  return others.empty() ? others : others + "}";
}

/// Clients take all but JSON for texts; a number, say, becomes its text.
std::string as_text(std::string_view type, std::string value) {
  if (type == "application/json" || value.starts_with('"'))
    return value;
  return quoted(std::move(value));
}

} // namespace

std::vector<result_format> formats_of(json_members bundle) {
  std::vector<result_format> formats;
  auto chart = chart_in(bundle);
  auto others = others_in(bundle);
  const bool show_text = has_text_alone(bundle) || bundle.contains(html);
  for (const auto& [type, word] : words)
    if (const auto found = bundle.find(type); found != bundle.end() && (type != plain_text || show_text))
      formats.push_back({word, as_text(type, std::move(found->second.text))});
  if (!chart.empty())
    formats.push_back({"chart", std::move(chart)});
  if (!others.empty())
    formats.push_back({"data", std::move(others)});
  return formats;
}

} // namespace sandboxd::interpreters
