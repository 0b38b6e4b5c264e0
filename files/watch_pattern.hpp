#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sandboxd::files {

/// A pattern of HTTP.md 10.1. It matches a path when some whole components of it match: `*` stands for any
/// bytes but '/', `**` for any bytes, `?` for one character but '/', everything else for itself. In the words
/// of a regular expression: `(^|/)P(/|$)` finds it.
///
/// So what matches a directory matches everything in it. Time: the length of the path times that of the
/// pattern, whatever they are.
class watch_pattern {
public:
  explicit watch_pattern(std::string_view text);

  [[nodiscard]] bool matches(std::string_view path) const;

private:
  enum class kind : unsigned char { literal, one, any_in_component, any };
  struct token {
    kind what;
    char literal;
  };
  using positions = std::vector<bool>;

  /// Adds a position and those behind tokens that may stand for nothing.
  void reach(positions& reached, std::size_t position) const;
  /// Where `next` leads to.
  void step(const positions& reached, char next, positions& after) const;

  std::vector<token> tokens_;
};

} // namespace sandboxd::files
