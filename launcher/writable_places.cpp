#include "launcher/writable_places.hpp"

#include "config/list.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_the_kernels(std::string_view path) {
  return path == "/" || std::ranges::any_of(std::array{"/proc", "/sys", "/dev"},
                                            [&](const char* one) { return is_at_or_below(path, one); });
}

} // namespace

std::vector<std::string> writable_places(const config::settings& settings) {
  auto named = config::split_list(settings.isolation.writable);
  named.push_back(settings.sandbox.workspace);
  std::vector<std::string> found;
  for (const auto& path : named) {
    std::error_code missing;
    auto real = std::filesystem::canonical(path, missing).string();
    if (!missing && std::filesystem::is_directory(real, missing) && !is_the_kernels(real))
      found.push_back(std::move(real));
  }
  std::ranges::sort(found); // what holds others comes before them
  std::vector<std::string> places;
  for (auto& path : found)
    if (std::ranges::none_of(places, [&](const auto& one) { return is_at_or_below(path, one); }))
      places.push_back(std::move(path));
  return places;
}

} // namespace sandboxd::launcher
