#include "files/watch_options.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::files {

namespace {

template <class T>
void sort_out(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool any_matches(const std::vector<watch_pattern>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const watch_pattern& one) { return one.matches(path); });
}

} // namespace

watch_options normalized(watch_options given) {
  if (!given.include.empty())
    given.exclude.clear();
  else if (given.exclude.empty())
    given.exclude = {".git", "node_modules", ".DS_Store"};
  if (given.events.empty())
    given.events = {change_type::create, change_type::modify, change_type::remove, change_type::move_from,
                    change_type::move_to};
  sort_out(given.include);
  sort_out(given.exclude);
  sort_out(given.events);
  return given;
}

watch_filter::watch_filter(const watch_options& wanted)
    : include_(wanted.include.begin(), wanted.include.end()),
      exclude_(wanted.exclude.begin(), wanted.exclude.end()), events_(wanted.events) {}

bool watch_filter::wants(change_type type, std::string_view path) const {
  return std::find(events_.begin(), events_.end(), type) != events_.end() &&
         (include_.empty() || any_matches(include_, path)) && !any_matches(exclude_, path);
}

bool watch_filter::looks_into(std::string_view directory) const {
  return !any_matches(exclude_, directory);
}

} // namespace sandboxd::files
