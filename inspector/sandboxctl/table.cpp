#include "inspector/sandboxctl/table.hpp"

#include "inspector/sandboxctl/visible_text.hpp"

#include <algorithm>

namespace sandboxd::sandboxctl {

namespace {

using widths = std::vector<std::size_t>;

styled_line lay_out_row(const std::vector<column>& columns, const widths& wide,
                        const std::vector<cell>& row) {
  styled_line line;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i) {
    const auto text = cut_end(visible(row[i].text), columns[i].widest);
    // Without spaces at the end of a line whose last cells are empty.
    if (!text.empty())
      line.pad_to(begin + (columns[i].aligned == side::right ? wide[i] - length(text) : 0));
    line.add(text, row[i].how);
    begin += wide[i] + 2;
  }
  return line;
}

} // namespace

std::vector<styled_line> lay_out(const std::vector<column>& columns,
                                 const std::vector<std::vector<cell>>& rows) {
  widths wide;
  std::vector<cell> titles;
  for (const auto& one : columns) {
    wide.push_back(length(one.title));
    titles.push_back({one.title, tone::faint});
  }
  for (const auto& row : rows)
    for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i)
      wide[i] = std::max(wide[i], std::min(length(visible(row[i].text)), columns[i].widest));
  std::vector<styled_line> lines{lay_out_row(columns, wide, titles)};
  for (const auto& row : rows)
    lines.push_back(lay_out_row(columns, wide, row));
  return lines;
}

} // namespace sandboxd::sandboxctl
