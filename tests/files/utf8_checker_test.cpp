#include "files/utf8_checker.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace sandboxd::files {
namespace {

bool is_utf8(std::string_view bytes) {
  utf8_checker checker;
  return checker.check(bytes) && checker.complete();
}

std::string encode(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (point < 0x80)
    return {byte(point)};
  if (point < 0x800)
    return {byte(0xC0 | (point >> 6)), byte(0x80 | (point & 0x3F))};
  if (point < 0x10000)
    return {byte(0xE0 | (point >> 12)), byte(0x80 | ((point >> 6) & 0x3F)), byte(0x80 | (point & 0x3F))};
  return {byte(0xF0 | (point >> 18)), byte(0x80 | ((point >> 12) & 0x3F)), byte(0x80 | ((point >> 6) & 0x3F)),
          byte(0x80 | (point & 0x3F))};
}

TEST(utf8_checker, takes_every_code_point_but_surrogates) {
  for (std::uint32_t point = 0; point <= 0x110000; ++point) {
    const bool is_character = point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
    ASSERT_EQ(is_utf8(encode(point)), is_character) << std::hex << point;
  }
}

TEST(utf8_checker, refuses_what_is_ill_formed) {
  for (const auto* bytes :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2(\xa1", "12345678\xc3(", "\xe2\x82"})
    EXPECT_FALSE(is_utf8(bytes)) << ::testing::PrintToString(bytes);
}

TEST(utf8_checker, does_not_depend_on_where_pieces_are_cut) {
  std::mt19937 generator(20);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 20; ++i)
      text += encode(std::uniform_int_distribution<std::uint32_t>(0, 0x11FFFF)(generator) % 0x110000);
    if (round % 2 == 0)
      text[generator() % text.size()] = static_cast<char>(generator());
    utf8_checker pieces;
    bool possible = true;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t length = 1 + generator() % 7;
      possible = pieces.check(std::string_view(text).substr(begin, length));
      begin += length;
    }
    ASSERT_EQ(possible && pieces.complete(), is_utf8(text)) << round;
  }
}

TEST(incomplete_utf8_tail, counts_the_bytes_of_a_cut_character) {
  EXPECT_EQ(incomplete_utf8_tail(""), 0u);
  EXPECT_EQ(incomplete_utf8_tail("abc"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("a\xc3"), 1u);
  EXPECT_EQ(incomplete_utf8_tail("a\xc3\xbc"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("a\xe2\x82"), 2u);
  EXPECT_EQ(incomplete_utf8_tail("a\xe2\x82\xac"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("a\xf0\x9f\x98"), 3u);
  EXPECT_EQ(incomplete_utf8_tail("\xf0\x9f\x98\x80"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("\x80\x80\x80\x80"), 0u) << "that is no character at all";
}

} // namespace
} // namespace sandboxd::files
