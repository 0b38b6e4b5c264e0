#include "inspector/sandboxctl/top_screen.hpp"

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/table.hpp"
#include "inspector/sandboxctl/visible_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

/// From here on there is room for the columns that say less.
constexpr std::size_t wide = 100;
constexpr std::size_t narrow = 60;

double weight_of(const rated_actor& one, top_order order) {
  switch (order) {
  case top_order::messages:
    return one.messages_per_second;
  case top_order::depth:
    return static_cast<double>(one.now.mailbox.depth);
  case top_order::handling:
    return one.busy;
  case top_order::restarts:
    return static_cast<double>(one.now.restarts);
  }
  return 0;
}

/// In the same order at each look, else equal ones would jump about.
void sort(std::vector<rated_actor>& actors, top_order order) {
  std::ranges::sort(actors, [order](const rated_actor& left, const rated_actor& right) {
    const auto one = weight_of(left, order);
    const auto other = weight_of(right, order);
    return one != other ? one > other : left.now.path < right.now.path;
  });
}

styled_line daemon_line(const top_picture& picture) {
  styled_line line;
  if (picture.daemon) {
    const auto& daemon = *picture.daemon;
    line.add("sandboxd " + daemon.version, tone::strong);
    line.add(fmt::format("  up {}", time_text(std::chrono::milliseconds(daemon.uptime_milliseconds))));
    line.add("  memory ", tone::faint).add(bytes_text(daemon.rss_bytes));
    line.add("  cpu ", tone::faint).add(picture.cpu_share ? share_text(*picture.cpu_share) : "?");
  } else {
    line.add("sandboxd", tone::strong).add("  (it offers no overview)", tone::faint);
  }
  line.add("  actors ", tone::faint).add(count_text(picture.actors.size()));
  line.add("  messages/s ", tone::faint);
  line.add(picture.messages_per_second ? rate_text(*picture.messages_per_second) : "?");
  if (picture.daemon) {
    line.add("  connections ", tone::faint).add(count_text(picture.daemon->connections));
    line.add("  threads ", tone::faint).add(count_text(picture.daemon->threads));
    line.add("  files ", tone::faint).add(count_text(picture.daemon->descriptors));
  }
  return line;
}

column titled(std::string_view title, top_order order, top_order now, side aligned = side::right) {
  return {order == now ? fmt::format("*{}", title) : std::string(title), aligned};
}

std::vector<column> columns_for(top_order order, std::size_t width) {
  std::vector<column> columns{
      titled("MSG/S", top_order::messages, order), titled("DEPTH", top_order::depth, order),
      titled("BUSY", top_order::handling, order), titled("RESTARTS", top_order::restarts, order)};
  if (width >= wide)
    columns.push_back({"LONGEST", side::right});
  columns.push_back({"PATH"});
  if (width >= narrow)
    columns.push_back({"STATUS"});
  return columns;
}

/// What the numbers take, in columns.
std::size_t width_of_numbers(std::size_t width) {
  return width >= wide ? 40 : 31;
}

std::size_t width_of_path(std::size_t width) {
  constexpr std::size_t least = 12;
  const auto rest = std::max(width, width_of_numbers(width) + least) - width_of_numbers(width);
  return width >= narrow ? std::max(least, rest * 55 / 100) : rest;
}

/// As short as the commands take it; the end of a path says most.
std::string shown_path(const std::string& path, std::size_t width) {
  constexpr std::string_view root = "/root/";
  const auto text = visible(path.starts_with(root) ? std::string_view(path).substr(root.size()) : path);
  return cut_begin(text, width_of_path(width));
}

cell status_of(const actor& one) {
  if (one.phase == "running")
    return {one.status, tone::faint};
  return {one.phase + (one.status.empty() ? "" : ": " + one.status), tone::bad};
}

std::vector<cell> row_of(const rated_actor& rated, std::size_t width) {
  const auto& [one, messages, busy] = rated;
  std::vector<cell> row{
      {rate_text(messages), messages > 0 ? tone::plain : tone::faint},
      {count_text(one.mailbox.depth), one.mailbox.depth >= 10 ? tone::warning : tone::plain},
      {share_text(busy), busy >= 0.5 ? tone::bad : tone::plain},
      {count_text(one.restarts), one.restarts > 0 ? tone::warning : tone::plain}};
  if (width >= wide)
    row.push_back({time_text(std::chrono::microseconds(one.mailbox.longest_handling))});
  row.push_back({shown_path(one.path, width), tone::strong});
  if (width >= narrow)
    row.push_back(status_of(one));
  return row;
}

} // namespace

std::vector<styled_line> top_screen(top_picture picture, const top_view& view) {
  std::vector<styled_line> lines{daemon_line(picture)};
  if (!picture.trouble.empty())
    lines.emplace_back(picture.trouble, tone::bad);
  else if (view.has_keys)
    lines.emplace_back("sort by: m messages  d depth  h handling time  r restarts    q quit", tone::faint);
  lines.emplace_back();
  sort(picture.actors, view.order);
  const auto room = view.height > lines.size() + 1 ? view.height - lines.size() - 1 : 0;
  std::vector<std::vector<cell>> rows;
  for (std::size_t i = 0; i < std::min(room, picture.actors.size()); ++i)
    rows.push_back(row_of(picture.actors[i], view.width));
  std::ranges::move(lay_out(columns_for(view.order, view.width), rows), std::back_inserter(lines));
  lines.resize(std::min(lines.size(), view.height));
  return lines;
}

} // namespace sandboxd::sandboxctl
