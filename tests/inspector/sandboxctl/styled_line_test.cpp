#include "inspector/sandboxctl/styled_line.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

styled_line example() {
  styled_line line("abc");
  return line.add("def", tone::bad).add(" ghi", tone::faint);
}

TEST(a_styled_line, is_cut_to_the_width_across_its_pieces) {
  const std::vector<std::string> expected{"",       "…",       "a…",       "ab…",       "abc…",      "abcd…",
                                          "abcde…", "abcdef…", "abcdef …", "abcdef g…", "abcdef ghi"};
  for (std::size_t width = 0; width < expected.size(); ++width)
    EXPECT_EQ(example().painted({.width = width}), expected[width]) << width;
  EXPECT_EQ(example().painted({}), "abcdef ghi");
  EXPECT_EQ(example().length(), 10u);
}

TEST(a_styled_line, has_colors_only_where_there_are_any) {
  EXPECT_EQ(example().painted({.has_colors = true}), "abc\x1b[1;31mdef\x1b[0m\x1b[2m ghi\x1b[0m");
  EXPECT_EQ(example().painted({.has_colors = true, .width = 5}), "abc\x1b[1;31md…\x1b[0m");
}

TEST(a_styled_line, makes_everything_visible_before_it_counts) {
  styled_line line("\x1b[31m");
  EXPECT_EQ(line.length(), 8u);
  EXPECT_EQ(line.painted({.has_colors = true}), "\\x1b[31m");
}

TEST(a_styled_line, pads_up_to_a_column) {
  styled_line line("ö");
  EXPECT_EQ(line.pad_to(3).add("x").pad_to(2).painted({}), "ö  x");
}

TEST(a_styled_line, is_ascii_for_a_terminal_that_knows_no_more) {
  EXPECT_EQ(styled_line("ö├").painted({.is_utf8 = false}), "??");
  EXPECT_EQ(styled_line("öffnen").painted({.is_utf8 = false, .width = 3}), "?f~");
}

TEST(styled_lines, have_a_line_end_each) {
  EXPECT_EQ(painted({styled_line("a"), styled_line(), styled_line("b")}, {}), "a\n\nb\n");
}

} // namespace
} // namespace sandboxd::sandboxctl
