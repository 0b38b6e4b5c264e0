#include "actors/paths.hpp"

#include <fmt/format.h>

namespace sandboxd::actors::paths {

namespace {

/// What is left of a name, so that the id stays below the bound with its number.
constexpr std::size_t longest_name = 80;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
         c == '.';
}

} // namespace

std::string child_id(std::string_view name, unsigned long long number) {
  std::string id;
  for (const char c : name.substr(0, longest_name))
    id += is_plain(c) ? c : '_';
  return fmt::format("{}~{}", id, number);
}

} // namespace sandboxd::actors::paths
