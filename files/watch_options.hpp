#pragma once

#include "files/watch_change.hpp"
#include "files/watch_pattern.hpp"

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

namespace sandboxd::files {

/// Most patterns of one watch and most bytes of each: far beyond use, and a change is matched in no time.
inline constexpr std::size_t most_patterns = 100;
inline constexpr std::size_t longest_pattern = 1024;

/// What a client wants to be told (HTTP.md 10.1). Two of equal options share one watch, see `normalized`.
struct watch_options {
  /// A directory, or one file; absolute, without "." and "..".
  std::string path;
  /// Whether what is in directories below it counts, too.
  bool recursive = true;
  /// Only paths that one of these matches; empty: all.
  std::vector<std::string> include;
  /// Not the paths that one of these matches.
  std::vector<std::string> exclude;
  /// Only these; empty: all but `attribute`.
  std::vector<change_type> events;

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  auto operator<=>(const watch_options&) const = default;
};

/// The same with lists sorted, nothing twice, and what is empty replaced by its default. Without `include`
/// and `exclude`, `.git`, `node_modules` and `.DS_Store` are left out; with `include`, `exclude` counts for
/// nothing.
[[nodiscard]] watch_options normalized(watch_options given);

/// Chooses what is told.
class watch_filter {
public:
  /// `wanted`: normalized.
  explicit watch_filter(const watch_options& wanted);

  /// Whether a change is told.
  [[nodiscard]] bool wants(change_type type, std::string_view path) const;

  /// Whether something in this directory may be told. One that `include` does not match may hold what it
  /// matches; what `exclude` matches, it matches with all that is in it.
  [[nodiscard]] bool looks_into(std::string_view directory) const;

private:
  std::vector<watch_pattern> include_;
  std::vector<watch_pattern> exclude_;
  std::vector<change_type> events_;
};

} // namespace sandboxd::files
