#include "inspector/sandboxctl/visible_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

using namespace std::string_view_literals;

TEST(a_visible_text, has_nothing_that_a_terminal_obeys) {
  struct example {
    std::string_view text, shown;
  };
  const std::vector<example> table{
      {"", ""},
      {"plain ~", "plain ~"},
      {"größer 漢 🙂", "größer 漢 🙂"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
      {"\0\x7f"sv, "\\x00\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},
      {"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0"},
      // C1 as bytes that are no UTF-8
      {"\x9b"
       "31m",
       "\\x9b31m"},
      {"\x85", "\\x85"},
      // cut off, overlong, surrogate, too large
      {"\xc3", "\\xc3"},
      {"\xe2\x82", "\\xe2\\x82"},
      {"\xc0\x9b", "\\xc0\\x9b"},
      {"\xe0\x82\x9b", "\\xe0\\x82\\x9b"},
      {"\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"\xff", "\\xff"},
      {"\xc3(", "\\xc3("},
      // marks of direction and lines
      {"a\u202eb", "a\\u202eb"},
      {"\u2066\u200f\u061c", "\\u2066\\u200f\\u061c"},
      {"\u2028\ufeff\u200b", "\\u2028\\ufeff\\u200b"},
      {"\U000e0041", "\\ue0041"},
  };
  for (const auto& [text, shown] : table)
    EXPECT_EQ(visible(text), shown);
}

TEST(a_visible_text, stays_when_it_is_made_visible_again) {
  std::string everything;
  for (int byte = 0; byte < 256; ++byte)
    everything += static_cast<char>(byte);
  const auto once = visible(everything);
  EXPECT_EQ(visible(once), once);
  for (const char byte : once)
    EXPECT_TRUE(byte >= 0x20 && byte < 0x7f);
}

TEST(a_width, is_of_code_points) {
  EXPECT_EQ(length(""), 0u);
  EXPECT_EQ(length("abc"), 3u);
  EXPECT_EQ(length("größer"), 6u);
  EXPECT_EQ(length("├─🙂"), 3u);
}

TEST(a_cut_text, has_an_ellipsis_where_something_is_missing) {
  EXPECT_EQ(cut_end("größer", 6), "größer");
  EXPECT_EQ(cut_end("größer", 5), "größ…");
  EXPECT_EQ(cut_end("größer", 1), "…");
  EXPECT_EQ(cut_end("größer", 0), "");
  EXPECT_EQ(cut_begin("größer", 6), "größer");
  EXPECT_EQ(cut_begin("größer", 5), "…ößer");
  EXPECT_EQ(cut_begin("größer", 1), "…");
  EXPECT_EQ(cut_begin("größer", 0), "");
  EXPECT_EQ(cut_end("", 0), "");
}

TEST(ascii, has_one_character_for_each_code_point) {
  EXPECT_EQ(as_ascii("gr\u00f6\u00dfer \U0001f642 cut\u2026"), "gr??er ? cut~");
}

} // namespace
} // namespace sandboxd::sandboxctl
