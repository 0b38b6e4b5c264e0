#include "files/watch_options.hpp"
#include "files/watch_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

namespace sandboxd::files {
namespace {

using ::testing::ElementsAre;

/// HTTP.md 10.1, as it is written there.
std::regex regex_of(const std::string& pattern) {
  std::string text = "(^|/)";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i, 2) == "**") {
      text += ".*";
      ++i;
    } else if (pattern[i] == '*') {
      text += "[^/]*";
    } else if (pattern[i] == '?') {
      text += "[^/]";
    } else if (std::string(".+^$(){}|[]\\").find(pattern[i]) != std::string::npos) {
      text += std::string("\\") + pattern[i];
    } else {
      text += pattern[i];
    }
  }
  return std::regex(text + "(/|$)", std::regex::ECMAScript);
}

TEST(watch_pattern, matches_whole_components) {
  struct row {
    const char* pattern;
    const char* path;
    bool matches;
  };
  const row rows[] = {
      {"*.ts", "/workspace/a.ts", true},
      {"*.ts", "/workspace/a.tsx", false},
      {"*.ts", "/workspace/dir.ts/file", true}, // in what matches
      {"*.ts", "/workspace/.ts", true},
      {".git", "/workspace/.git", true},
      {".git", "/workspace/.git/config", true},
      {".git", "/workspace/.github", false},
      {".git", "/workspace/x.git", false},
      {"src/*.c", "/workspace/src/a.c", true},
      {"src/*.c", "/workspace/src/deep/a.c", false},
      {"src/**/a.c", "/workspace/src/x/y/a.c", true},
      {"src/**/a.c", "/workspace/src/a.c", false}, // two slashes are asked for
      {"src/**", "/workspace/src/a/b", true},
      {"a?c", "/workspace/abc", true},
      {"a?c", "/workspace/a/c", false},
      {"a?c", "/workspace/ac", false},
      {"a?c",
       "/workspace/a\xc3\xa9"
       "c",
       true}, // one character of two bytes
      {"a?c",
       "/workspace/a\xc3\xa9x"
       "c",
       false},
      {"a.c", "/workspace/abc", false}, // a dot is a dot
      {"a+b|c$", "/workspace/a+b|c$", true},
      {"workspace", "/workspace/anything", true},
      {"***", "/workspace/x", true},
  };
  for (const auto& row : rows)
    EXPECT_EQ(watch_pattern(row.pattern).matches(row.path), row.matches) << row.pattern << " on " << row.path;
}

TEST(watch_pattern, agrees_with_the_regular_expression) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&](const std::string& letters, std::size_t most) {
    std::string made;
    for (std::size_t left = random() % (most + 1); left > 0; --left)
      made += letters[random() % letters.size()];
    return made;
  };
  int matched = 0;
  for (int i = 0; i < 4'000; ++i) {
    const auto pattern = "a" + text("ab/**?.", 6);
    const auto path = "/" + text("aab/b.", 10);
    const bool wanted = std::regex_search(path, regex_of(pattern));
    ASSERT_EQ(watch_pattern(pattern).matches(path), wanted) << pattern << " on " << path;
    matched += wanted ? 1 : 0;
  }
  EXPECT_GT(matched, 100) << "the cases are worth nothing";
}

/// An expression that backtracks would take for ever.
TEST(watch_pattern, takes_no_time) {
  std::string stars;
  for (int i = 0; i < 300; ++i)
    stars += "a**";
  EXPECT_FALSE(watch_pattern(stars + "b").matches("/" + std::string(4000, 'a')));
}

TEST(watch_options, of_the_same_meaning_are_equal) {
  const auto plain = normalized({"/w", true, {}, {}, {}});
  EXPECT_THAT(plain.exclude, ElementsAre(".DS_Store", ".git", "node_modules"));
  EXPECT_THAT(plain.events, ElementsAre(change_type::create, change_type::modify, change_type::remove,
                                        change_type::move_from, change_type::move_to));
  EXPECT_EQ(normalized({"/w", true, {}, {"node_modules", ".git", ".DS_Store", ".git"}, {}}), plain);
  EXPECT_EQ(normalized({"/w", true, {"b", "a"}, {}, {}}), normalized({"/w", true, {"a", "b", "a"}, {}, {}}));
  EXPECT_NE(normalized({"/w", false, {}, {}, {}}), plain);
  EXPECT_NE(normalized({"/w", true, {}, {}, {change_type::create}}), plain);
}

TEST(watch_filter, chooses_by_type_and_patterns) {
  const watch_filter all(normalized({"/w", true, {}, {}, {}}));
  EXPECT_TRUE(all.wants(change_type::create, "/w/a"));
  EXPECT_FALSE(all.wants(change_type::attribute, "/w/a")) << "only on request";
  EXPECT_FALSE(all.wants(change_type::create, "/w/.git/HEAD"));
  EXPECT_FALSE(all.looks_into("/w/x/node_modules"));
  const watch_filter some(normalized({"/w", true, {"*.ts"}, {}, {change_type::attribute}}));
  EXPECT_TRUE(some.wants(change_type::attribute, "/w/d/a.ts"));
  EXPECT_FALSE(some.wants(change_type::attribute, "/w/d"));
  EXPECT_FALSE(some.wants(change_type::create, "/w/d/a.ts"));
  EXPECT_TRUE(some.looks_into("/w/node_modules")) << "else nothing nested could match";
}

} // namespace
} // namespace sandboxd::files
