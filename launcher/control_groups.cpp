#include "launcher/control_groups.hpp"

#include <cstddef>

namespace sandboxd::launcher {

namespace {

std::string_view take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// The kernel writes space, tab, line feed and backslash as a backslash with three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size() && is_octal(text[at + 1]) && is_octal(text[at + 2]) &&
        is_octal(text[at + 3])) {
      plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

} // namespace

std::vector<control_group_mount> control_group_mounts(std::string_view mountinfo) {
  constexpr std::string_view separator = " - "; // before the type; any number of fields stands before it
  std::vector<control_group_mount> found;
  while (!mountinfo.empty()) {
    auto line = take_until(mountinfo, '\n');
    const auto end = line.find(separator);
    if (end == std::string_view::npos)
      continue;
    auto rest = line.substr(end + separator.size());
    const auto type = take_until(rest, ' ');
    if (type != "cgroup" && type != "cgroup2")
      continue;
    for (int field = 0; field < 4;
         ++field) // its number, its parent's, the device, the root in its file system
      take_until(line, ' ');
    found.push_back({unescaped(take_until(line, ' ')), type == "cgroup2"});
  }
  return found;
}

std::string unified_group(std::string_view cgroup_file) {
  constexpr std::string_view prefix = "0::";
  while (!cgroup_file.empty())
    if (const auto line = take_until(cgroup_file, '\n'); line.starts_with(prefix))
      return std::string(line.substr(prefix.size()));
  return {};
}

} // namespace sandboxd::launcher
