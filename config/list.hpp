#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::config {

/// The items of a list that is written with commas; empty ones are left out.
inline std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto end = list.find(',');
    if (const auto item = list.substr(0, end); !item.empty())
      items.emplace_back(item);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return items;
}

} // namespace sandboxd::config
