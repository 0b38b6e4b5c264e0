#include "inspector/sandboxctl/histogram.hpp"

#include "inspector/sandboxctl/figures.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::size_t label_width = 12;
constexpr std::size_t count_width = 14;

std::string label_of(std::size_t element, std::size_t elements) {
  const bool is_last = element + 1 == elements;
  const std::chrono::microseconds bound(std::uint64_t{1} << (is_last ? element - 1 : element));
  return (is_last ? ">= " : "< ") + time_text(bound);
}

std::string bar_of(std::uint64_t count, std::uint64_t most, std::size_t width, bool is_utf8) {
  constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto share = static_cast<double>(count) / static_cast<double>(most);
  const auto length = share * static_cast<double>(width);
  if (!is_utf8)
    return std::string(count == 0 ? 0 : std::max<std::size_t>(1, static_cast<std::size_t>(length)), '#');
  const auto parts =
      count == 0 ? 0 : std::max<std::size_t>(1, static_cast<std::size_t>(length * eighths.size()));
  std::string bar;
  for (std::size_t full = parts / eighths.size(); full > 0; --full)
    bar += "█";
  return bar.append(eighths[parts % eighths.size()]);
}

} // namespace

std::vector<styled_line> draw_histogram(const std::vector<std::uint64_t>& counts, std::size_t bar_width,
                                        bool is_utf8) {
  const auto is_some = [](std::uint64_t count) { return count > 0; };
  const auto first = std::ranges::find_if(counts, is_some);
  if (first == counts.end())
    return {styled_line("  none yet", tone::faint)};
  const auto from = static_cast<std::size_t>(first - counts.begin());
  const auto back = std::find_if(counts.rbegin(), counts.rend(), is_some) - counts.rbegin();
  const auto to = counts.size() - static_cast<std::size_t>(back);
  const auto most = std::ranges::max(counts);
  std::vector<styled_line> lines;
  for (auto i = from; i < to; ++i) {
    const auto label = label_of(i, counts.size());
    const auto count = count_text(counts[i]);
    styled_line line;
    line.pad_to(label_width - std::min(label_width, label.size())).add(label, tone::faint);
    line.pad_to(label_width + count_width - std::min(count_width, count.size())).add(count);
    if (counts[i] > 0)
      line.add("  ").add(bar_of(counts[i], most, bar_width, is_utf8), tone::accent);
    lines.push_back(std::move(line));
  }
  return lines;
}

} // namespace sandboxd::sandboxctl
