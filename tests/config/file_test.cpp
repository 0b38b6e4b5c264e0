#include "config/file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::config {
namespace {

/// `line key=literal`, the literal in quotes when it stood in quotes.
std::vector<std::string> lines_of(const file_content& content) {
  std::vector<std::string> lines;
  for (const auto& one : content.assignments) {
    const auto literal = one.quoted ? '"' + one.literal + '"' : one.literal;
    lines.push_back(std::to_string(one.line) + ' ' + one.key + '=' + literal);
  }
  for (const auto& problem : content.problems)
    lines.push_back(std::to_string(problem.line) + " ! " + problem.what.substr(0, problem.what.find(" (")));
  return lines;
}

struct example {
  std::string_view text;
  std::vector<std::string> expected;
};

TEST(config_file, finds_every_assignment_with_its_line) {
  const std::vector<example> table{
      {"", {}},
      {"; nothing but a comment", {}},
      {"\n\n[http]\nport = 1\n", {"4 http.port=1"}},
      {"[http]\nport=1", {"2 http.port=1"}},
      {"[http]\r\nport = 1\r\n", {"2 http.port=1"}},
      {"[http]\nport = 1 ; comment\n; another\naddress = \"::\" ; third\n",
       {"2 http.port=1", "4 http.address=\"::\""}},
      {"[http]\n\n\nport=1\n\n[log]\nlevel='info'\n", {"4 http.port=1", "7 log.level=\"info\""}},
      {"[a.b]\nc=5s\n", {"2 a.b.c=5s"}},
      {"port = 1\n[http]\nport = 2\n", {"1 port=1", "3 http.port=2"}},
      {"http {\n  port = 1,\n  idle-timeout = 5min }\nlog = { level = \"info\" }\n",
       {"2 http.port=1", "3 http.idle-timeout=5min", "4 log.level=\"info\""}},
      {"[http]\nport=1\nport=2\n", {"2 http.port=1", "3 http.port=2"}},
      {"[x]\na=true\nb=false\nc=-3\nd=1.5\ne=\"\\\"q\\\\\\n\"\n",
       {"2 x.a=true", "3 x.b=false", "4 x.c=-3", "5 x.d=1.5", "6 x.e=\"\"q\\\n\""}},
  };
  for (const auto& row : table)
    EXPECT_EQ(lines_of(read_file_text(row.text)), row.expected) << row.text;
}

TEST(config_file, names_the_line_of_what_cannot_be_read) {
  const std::vector<example> table{
      {"[http]\nport = \n", {"2 ! cannot be read"}},
      {"[http]\nlevel = info\n", {"2 ! cannot be read"}},
      {"[http\nport = 1\n", {"1 ! cannot be read"}},
      {"[http]\nport = 1\nwhat is this\n", {"2 http.port=1", "3 ! cannot be read"}},
      {"[http]\n# port = 1\n", {"2 ! cannot be read"}},
      {"[http]\naddress = \"127.0.0.1\n", {"2 ! cannot be read"}},
      {"[x]\nlist = [1, 2]\n", {"2 ! x.list: lists and URIs have no place here"}},
      {"[x]\nuri = <http://a>\n", {"2 ! x.uri: lists and URIs have no place here"}},
      {std::string_view("[x]\na=1\n\0\n", 10), {"3 ! holds a NUL byte, so it is no text"}},
  };
  for (const auto& row : table)
    EXPECT_EQ(lines_of(read_file_text(row.text)), row.expected) << row.text;
}

TEST(config_file, hands_numbers_too_long_for_the_parser_to_the_check_of_the_key) {
  // Each is beyond 2^63 nanoseconds, or beyond 2^63.
  for (const std::string number : {"99999999999999999999", "2562048h", "153722868min", "9223372037s",
                                   "-9223372037s", "9223372036855ms"}) {
    const auto content = read_file_text("[x]\n\na = " + number + " ; comment\nb = 2\n");
    EXPECT_EQ(lines_of(content), (std::vector{"3 x.a=" + number})) << number;
  }
  for (const std::string number : {"2562047h", "153722867min", "9223372036s", "9223372036854ms"}) {
    const auto content = read_file_text("[x]\na = " + number + "\n");
    EXPECT_EQ(lines_of(content), (std::vector{"2 x.a=" + number})) << number;
  }
}

TEST(config_file, survives_deep_nesting_and_great_length) {
  std::string nested;
  std::string sections = "[a";
  for (int i = 0; i < 100'000; ++i) {
    nested += "a {";
    sections += ".a";
  }
  for (const auto& text : {nested, sections + "]", "x = " + std::string(100'000, '[')})
    EXPECT_EQ(read_file_text(text).problems.size(), 1u);
  const auto content = read_file_text(std::string(longest_file + 1, ' '));
  ASSERT_EQ(content.problems.size(), 1u);
  EXPECT_EQ(content.problems[0].what, "longer than 1048576 bytes");
  EXPECT_TRUE(read_file_text(std::string(longest_file, ' ')).problems.empty());
}

} // namespace
} // namespace sandboxd::config
