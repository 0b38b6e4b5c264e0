#include "http/router.hpp"

#include "http/url.hpp"

#include <algorithm>

namespace sandboxd::http {

namespace {

/// Cuts the first segment, up to the next '/' or the end, off `path`.
std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, path_parameters& parameters) {
  parameters.clear();
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return false;
  while (!pattern.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != segment)
        return false;
    } else if (segment.empty()) {
      return false;
    } else {
      parameters.emplace_back(wanted.substr(1, wanted.size() - 2), percent_decode(segment));
    }
  }
  return path.empty();
}

} // namespace

route_match find_route(std::span<const route> table, std::string_view method, std::string_view path) {
  route_match match;
  for (const route& candidate : table) {
    if (candidate.method == method && matches(candidate.pattern, path, match.parameters)) {
      match.found = &candidate;
      return match;
    }
  }
  match.parameters.clear();
  return match;
}

} // namespace sandboxd::http
