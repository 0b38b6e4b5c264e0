#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::sandboxctl {

/// What a piece of text means; colours come of it where there are any.
enum class tone { plain, strong, faint, accent, good, warning, bad };

/// What the terminal can show.
struct look {
  bool has_colors = false;
  bool is_utf8 = true;                                         ///< else only ASCII
  std::size_t width = std::numeric_limits<std::size_t>::max(); ///< columns; longer lines are cut
};

/// The same without a width: long lines are for the terminal to wrap, so that nothing is lost.
[[nodiscard]] look uncut(look on);

/// A line for the terminal. All output goes through it, so that nothing reaches the terminal unless made
/// visible (visible_text.hpp).
class styled_line {
public:
  styled_line() = default;
  explicit styled_line(std::string_view text, tone how = tone::plain) { add(text, how); }

  styled_line& add(std::string_view text, tone how = tone::plain);

  /// Spaces until it is `column` code points long; none if it is already.
  styled_line& pad_to(std::size_t column);

  /// In code points.
  [[nodiscard]] std::size_t length() const { return length_; }

  /// Without a line end.
  [[nodiscard]] std::string painted(const look& on) const;

private:
  struct piece {
    std::string text;
    tone how;
  };

  std::vector<piece> pieces_;
  std::size_t length_ = 0;
};

/// Each painted, with its line end.
[[nodiscard]] std::string painted(const std::vector<styled_line>& lines, const look& on);

} // namespace sandboxd::sandboxctl
