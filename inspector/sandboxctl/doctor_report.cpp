#include "inspector/sandboxctl/doctor_report.hpp"

#include "inspector/sandboxctl/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::string_view critical = "critical";

void add_group(std::vector<styled_line>& lines, const std::vector<lint>& lints, bool takes_critical) {
  const auto belongs = [&](const lint& one) { return (one.level == critical) == takes_critical; };
  const auto count = static_cast<std::uint64_t>(std::ranges::count_if(lints, belongs));
  if (count == 0)
    return;
  const auto how = takes_critical ? tone::bad : tone::warning;
  if (!lines.empty())
    lines.emplace_back();
  lines.emplace_back(
      takes_critical ? fmt::format("{} critical", count_text(count)) : count_text(count, "warning"), how);
  for (const auto& one : lints)
    if (belongs(one)) {
      styled_line line("  ");
      line.add(one.path.empty() ? "the whole daemon" : one.path, tone::strong);
      lines.push_back(line.add("  " + one.rule, tone::faint));
      lines.emplace_back("    " + one.text);
      if (!one.setting.empty())
        lines.emplace_back(
            fmt::format(
                "    setting {0}; its value, and whether it can be changed now: sandboxctl settings {0}",
                one.setting),
            tone::accent);
    }
}

} // namespace

std::vector<styled_line> doctor_report(const overview& daemon) {
  std::vector<styled_line> lines;
  add_group(lines, daemon.lints, true);
  add_group(lines, daemon.lints, false);
  if (lines.empty()) {
    const std::chrono::milliseconds uptime(daemon.uptime_milliseconds);
    lines.emplace_back(fmt::format("All is well: sandboxd {} has run for {} and has {}.", daemon.version,
                                   time_text(uptime), count_text(daemon.actors, "actor")),
                       tone::good);
  }
  return lines;
}

bool is_critical(const overview& daemon) {
  return std::ranges::any_of(daemon.lints, [](const lint& one) { return one.level == critical; });
}

} // namespace sandboxd::sandboxctl
