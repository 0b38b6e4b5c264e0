#include "inspector/sandboxctl/event_line.hpp"

#include "inspector/sandboxctl/figures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::size_t clock_width = 25;
constexpr std::size_t kind_width = 14;

tone tone_of(std::string_view kind) {
  if (kind == "started")
    return tone::good;
  if (kind == "start_failed" || kind == "gave_up" || kind == "killing")
    return tone::bad;
  if (kind == "exited" || kind == "restarting" || kind == "breaker")
    return tone::warning;
  return tone::plain;
}

} // namespace

styled_line event_line(const json& event) {
  const auto kind = text_of(event, "kind");
  styled_line line;
  line.add(clock_text(text_of(event, "time")), tone::faint).pad_to(clock_width);
  line.add(kind, tone_of(kind)).pad_to(clock_width + kind_width);
  line.add(text_of(event, "path"));
  if (const auto actor_kind = text_of(event, "actorKind"); !actor_kind.empty())
    line.add("  " + actor_kind, tone::faint);
  if (const auto text = text_of(event, "text"); !text.empty())
    line.add("  " + text);
  if (const auto intensity = count_of(event, "intensity"); intensity > 0)
    line.add("  ").add(
        fmt::format("[{} of {} restarts used]", count_of(event, "restartsInWindow"), intensity),
        tone::warning);
  return line;
}

} // namespace sandboxd::sandboxctl
