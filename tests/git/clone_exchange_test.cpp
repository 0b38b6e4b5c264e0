#include "git/clone_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <variant>

namespace sandboxd::git {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CloneExchange, CarriesAnOrder) {
  const clone_order sent{"https://u:p@h/a\nb", "di r'\"", "brä", 3, {"https", "file"}};
  const auto text = to_text(sent);
  for (const char c : text)
    EXPECT_TRUE(c >= ' ' && c < 127) << "one line of ASCII";
  const auto got = parse_order(text);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->url, sent.url);
  EXPECT_EQ(got->directory, sent.directory);
  EXPECT_EQ(got->branch, sent.branch);
  EXPECT_EQ(got->depth, 3);
  EXPECT_THAT(got->schemes, ElementsAre("https", "file"));
  EXPECT_FALSE(parse_order(to_text({"u", "d", "", {}, {}}))->depth);
}

TEST(CloneExchange, RefusesWhatIsNoOrder) {
  for (const auto* text : {"", "[]", "null", "{", R"({"url":"u"})", R"({"url":1,"directory":"d"})",
                           R"({"url":"","directory":"d"})", R"({"directory":"d"})"})
    EXPECT_FALSE(parse_order(text)) << text;
}

TEST(CloneExchange, CarriesProgressAndResult) {
  const auto line = to_line(clone_progress{"receiving", 1, 10, 5'000'000'000});
  EXPECT_EQ(line.back(), '\n');
  const auto progress = std::get<clone_progress>(*parse_line(line));
  EXPECT_EQ(progress.phase, "receiving");
  EXPECT_EQ(progress.done, 1);
  EXPECT_EQ(progress.total, 10);
  EXPECT_EQ(progress.bytes, 5'000'000'000);

  const auto result =
      std::get<clone_result>(*parse_line(to_line(clone_result{128, "fatal: x\n\"", "b", "cause", "notice"})));
  EXPECT_EQ(result.exit_code, 128);
  EXPECT_EQ(result.standard_error, "fatal: x\n\"");
  EXPECT_EQ(result.branch, "b");
  EXPECT_EQ(result.cause, "cause");
  EXPECT_EQ(result.notice, "notice");
}

TEST(CloneExchange, MakesALineOfAnyBytesThatFits) {
  const auto line = to_line(clone_result{1, std::string(1u << 20, '\xff'), "", "", ""});
  EXPECT_LE(line.size(), longest_line);
  EXPECT_TRUE(parse_line(line));
}

TEST(CloneExchange, IgnoresLinesOfOthers) {
  for (const auto* line : {"", "hello", "{}", R"({"result":1})", R"({"progress":[]})", "[[[[[[[[",
                           R"({"result":{"a":{"b":{"c":{}}}}})"})
    EXPECT_FALSE(parse_line(line) && std::holds_alternative<clone_progress>(*parse_line(line))) << line;
  EXPECT_FALSE(parse_line(std::string(100'000, '[')));
}

TEST(LineSplitter, GivesWholeLinesHoweverTheyCome) {
  std::mt19937 random(7);
  const std::string text = "one\n\ntwo three\nfour\nrest";
  for (int round = 0; round < 200; ++round) {
    line_splitter splitter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const auto size = 1 + random() % 6;
      for (auto& line : splitter.feed(std::string_view(text).substr(at, size)))
        lines.push_back(std::move(line));
      at += size;
    }
    EXPECT_THAT(lines, ElementsAre("one", "", "two three", "four"));
  }
}

TEST(LineSplitter, DropsALineThatIsTooLong) {
  line_splitter splitter;
  EXPECT_THAT(splitter.feed(std::string(longest_line, 'x')), IsEmpty());
  EXPECT_THAT(splitter.feed("y"), IsEmpty());
  EXPECT_THAT(splitter.feed("z\nnext\n"), ElementsAre("next"));
}

} // namespace
} // namespace sandboxd::git
