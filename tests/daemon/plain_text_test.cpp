#include "daemon/plain_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sandboxd::daemon {
namespace {

std::string text_in(std::string_view bytes) {
  escape_filter filter;
  std::string text;
  for (const char c : bytes)
    if (filter.is_text(c))
      text += c;
  return text;
}

TEST(escape_filter, takes_out_the_sequences_of_ecma_48) {
  struct {
    std::string_view bytes;
    std::string_view text;
  } const table[] = {
      {"plain \xc3\xa4", "plain \xc3\xa4"},
      {"\x1b[1;31mred\x1b[0m", "red"},        // CSI
      {"\x1b[?25lhidden\x1b[2K", "hidden"},   // private parameters
      {"\x1b]0;title\x07shown", "shown"},     // OSC, ended by BEL
      {"\x1b]8;;http://x\x1b\\link", "link"}, // OSC, ended by ST
      {"\x1bPdata\x1b\\after", "after"},      // DCS
      {"\x1b(Bascii", "ascii"},               // with an intermediate byte
      {"\x1b"
       "7saved\x1b"
       "8",
       "saved"},                              // of two bytes
      {"\x1b]0;never ended\nnext", "\nnext"}, // a line's end ends everything
      {"cut \x1b[3", "cut "},
  };
  for (const auto& row : table)
    EXPECT_EQ(text_in(row.bytes), row.text);
}

TEST(without_controls, writes_control_characters_as_escapes) {
  EXPECT_EQ(without_controls("a\nb\tc\x1b[m\x7f"), R"(a\nb\x09c\x1b[m\x7f)");
  EXPECT_EQ(without_controls("\xc3\xa4 \xc2\x9b"
                             "31m \xc2\xa0"),
            "\xc3\xa4 \\u009b31m \xc2\xa0");
}

} // namespace
} // namespace sandboxd::daemon
