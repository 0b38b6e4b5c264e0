#include "launcher/control_groups.hpp"

#include <cstddef>
#include <optional>
#include <utility>

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

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty())
    if (take_until(words, ',') == wanted)
      return true;
  return false;
}

/// What of a group's path lies below another's.
std::optional<std::string_view> below(std::string_view root, std::string_view group) {
  if (root == "/")
    return group == "/" ? std::string_view() : group;
  const bool is_below = group.starts_with(root) && (group.size() == root.size() || group[root.size()] == '/');
  return is_below ? std::optional(group.substr(root.size())) : std::nullopt;
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
    control_group_mount hierarchy;
    hierarchy.is_version_2 = type == "cgroup2";
    for (int field = 0; field < 3; ++field) // its number, its parent's, the device
      take_until(line, ' ');
    hierarchy.root = unescaped(take_until(line, ' '));
    hierarchy.path = unescaped(take_until(line, ' '));
    take_until(rest, ' '); // the device's name
    hierarchy.options = rest;
    found.push_back(std::move(hierarchy));
  }
  return found;
}

bool is_of_controller(const control_group_mount& hierarchy, std::string_view controller) {
  return !hierarchy.is_version_2 && has_word(hierarchy.options, controller);
}

std::string group_directory(const control_group_mount& hierarchy, std::string_view cgroup_file,
                            std::string_view controller) {
  while (!cgroup_file.empty()) {
    auto line = take_until(cgroup_file, '\n');
    const auto number = take_until(line, ':');
    const auto controllers = take_until(line, ':');
    if (hierarchy.is_version_2 ? number != "0" || !controllers.empty() : !has_word(controllers, controller))
      continue;
    const auto way = below(hierarchy.root, line);
    return way ? hierarchy.path + std::string(*way) : std::string();
  }
  return {};
}

} // namespace sandboxd::launcher
