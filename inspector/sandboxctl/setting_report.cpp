#include "inspector/sandboxctl/setting_report.hpp"

#include "inspector/sandboxctl/table.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::size_t name_width = 18;
constexpr std::size_t value_width = 48;

bool is_live(const json& setting) {
  const auto& live = member(setting, "live");
  return live.is_boolean() && live.get<bool>();
}

styled_line fact(std::string_view name, const std::string& value, tone how = tone::plain) {
  styled_line line("  ");
  line.add(name, tone::faint).pad_to(name_width);
  return line.add(value.empty() ? "(empty)" : value, value.empty() ? tone::faint : how);
}

} // namespace

std::vector<styled_line> setting_table(const json& settings) {
  std::vector<std::vector<cell>> rows;
  for (const auto& one : settings) {
    const auto origin = text_of(one, "origin");
    const auto value = text_of(one, "value");
    rows.push_back({{text_of(one, "name"), tone::strong},
                    {value, value == text_of(one, "default") ? tone::plain : tone::accent},
                    {origin, origin == "inspector" ? tone::warning : tone::plain},
                    {is_live(one) ? "yes" : "restart", is_live(one) ? tone::good : tone::faint}});
  }
  return lay_out({{"NAME"}, {"VALUE", side::left, value_width}, {"FROM"}, {"LIVE"}}, rows);
}

std::vector<styled_line> setting_report(const json& setting) {
  std::vector<styled_line> lines{styled_line(text_of(setting, "name"), tone::strong)};
  lines.emplace_back("  " + text_of(setting, "documentation"));
  lines.push_back(fact("value", text_of(setting, "value"), tone::accent));
  if (text_of(setting, "configured") != text_of(setting, "value"))
    lines.push_back(fact("after a restart", text_of(setting, "configured"), tone::warning));
  lines.push_back(fact("default", text_of(setting, "default")));
  lines.push_back(fact("comes from", text_of(setting, "origin")));
  lines.push_back(fact("a change", is_live(setting) ? "takes effect at once" : "needs a restart"));
  return lines;
}

json settings_named(const json& settings, const std::string& name) {
  auto found = json::array();
  for (const auto& one : settings) {
    const auto own = text_of(one, "name");
    if (name.empty() || own == name || own.starts_with(name + "."))
      found.push_back(one);
  }
  return found;
}

} // namespace sandboxd::sandboxctl
