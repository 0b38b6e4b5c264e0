#include "launcher/path_in_root.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <linux/limits.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

std::optional<std::string> link_text(const std::string& link) {
  std::array<char, PATH_MAX> text;
  const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
  if (length <= 0)
    return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

} // namespace

std::optional<std::string> path_in_root(int root, const std::string& link) {
  auto path = link_text(link);
  const auto above = link_text(fmt::format("/proc/self/fd/{}", root));
  if (!path || !above)
    return std::nullopt;
  if (*above == "/" || !path->starts_with(*above))
    return path;
  if (path->size() == above->size())
    return "/";
  return (*path)[above->size()] == '/' ? path->substr(above->size()) : path;
}

} // namespace sandboxd::launcher
