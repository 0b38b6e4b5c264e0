#include "inspector/sandboxctl/figures.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace sandboxd::sandboxctl {

using namespace std::chrono_literals;

namespace {

/// With one digit behind the point where that says something.
std::string short_number(double value) {
  return value < 9.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string two_units(std::int64_t small, std::int64_t per_large, std::string_view large_unit,
                      std::string_view small_unit) {
  const auto rest = small % per_large;
  const auto text = fmt::format("{} {}", small / per_large, large_unit);
  return rest == 0 ? text : fmt::format("{} {} {}", text, rest, small_unit);
}

std::optional<std::chrono::milliseconds> unit_of(std::string_view name) {
  if (name == "ms")
    return 1ms;
  if (name == "s")
    return 1s;
  if (name == "min")
    return 1min;
  if (name == "h")
    return 1h;
  return std::nullopt;
}

} // namespace

utc_time time_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024)
    return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // Else rounding would show 1024 of the smaller unit.
  for (; value >= 1023.5 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  return fmt::format("{} {}", short_number(value), units[unit]);
}

std::string time_text(std::chrono::microseconds span) {
  const auto count = span.count();
  if (count < 1000)
    return fmt::format("{} us", count);
  if (count < 999'500)
    return short_number(static_cast<double>(count) / 1e3) + " ms";
  if (count < 59'500'000)
    return short_number(static_cast<double>(count) / 1e6) + " s";
  if (span < 1h)
    return two_units(std::chrono::round<std::chrono::seconds>(span).count(), 60, "min", "s");
  if (span < 24h)
    return two_units(std::chrono::floor<std::chrono::minutes>(span).count(), 60, "h", "min");
  return two_units(std::chrono::floor<std::chrono::hours>(span).count(), 24, "d", "h");
}

std::string count_text(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3)
    text.insert(static_cast<std::size_t>(place), 1, ',');
  return text;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string rate_text(double per_second) {
  if (per_second <= 0)
    return "0";
  return per_second < 9.95 ? fmt::format("{:.1f}", per_second)
                           : count_text(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string share_text(double share) {
  return share <= 0 ? "0%" : short_number(share * 100) + "%";
}

std::string clock_text(std::string_view timestamp) {
  if (!parse_timestamp(timestamp))
    return std::string(timestamp);
  auto text = std::string(timestamp.substr(0, timestamp.size() - 1));
  text[10] = ' ';
  return text;
}

std::optional<utc_time> parse_timestamp(std::string_view timestamp) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (timestamp.size() != form.size())
    return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? timestamp[i] < '0' || timestamp[i] > '9' : timestamp[i] != form[i])
      return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t digits) {
    int value = 0;
    std::from_chars(timestamp.data() + from, timestamp.data() + from + digits, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(part(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  if (!day.ok())
    return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(part(11, 2)) + std::chrono::minutes(part(14, 2)) +
         std::chrono::seconds(part(17, 2)) + std::chrono::milliseconds(part(20, 3));
}

std::string since_text(std::string_view timestamp, utc_time now) {
  const auto time = parse_timestamp(timestamp);
  if (!time)
    return std::string(timestamp);
  const auto shown = clock_text(timestamp) + " UTC";
  return now >= *time ? fmt::format("{}, {} ago", shown, time_text(now - *time)) : shown;
}

std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = unit_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (error != std::errc() || !unit || count > 24h / *unit)
    return std::nullopt;
  return count * *unit;
}

} // namespace sandboxd::sandboxctl
