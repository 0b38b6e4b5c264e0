#include "git/program_clone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sandboxd::git {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(CloneCall, PutsTheClientsWordsWhereTheyAreNoOptions) {
  const auto call = clone_call({"--upload-pack=touch x", "-dir", "-branch", 2, {"https", "file"}});
  const auto& words = call.arguments;
  const auto end_of_options = std::find(words.begin(), words.end(), "--");
  ASSERT_EQ(words.end() - end_of_options, 3);
  EXPECT_EQ(end_of_options[1], "--upload-pack=touch x");
  EXPECT_EQ(end_of_options[2], "-dir");
  EXPECT_THAT(words, Contains("--branch=-branch"));
  EXPECT_THAT(words, Contains("--depth=2"));
  EXPECT_THAT(words, Contains("core.hooksPath=/dev/null"));
  EXPECT_THAT(words, Contains("--template="));
  EXPECT_THAT(call.environment, Contains(Pair("GIT_ALLOW_PROTOCOL", "https:file")));
  EXPECT_THAT(call.environment, Contains(Pair("GIT_TERMINAL_PROMPT", "0")));
}

TEST(CloneCall, NamesNoBranchWhenNoneIsWanted) {
  for (const auto& word : clone_call({"u", "d", "", 1, {}}).arguments)
    EXPECT_THAT(word, Not(HasSubstr("branch")));
}

TEST(CloneCall, KeepsCredentialsOutOfItsArguments) {
  const auto call = clone_call({"https://us%40er:p%23w@host:1/a", "d", "", 1, {"https"}});
  for (const auto& word : call.arguments) {
    EXPECT_THAT(word, Not(HasSubstr("p%23w")));
    EXPECT_THAT(word, Not(HasSubstr("er:")));
  }
  EXPECT_THAT(call.arguments, Contains("https://host:1/a"));
  EXPECT_THAT(call.environment, Contains(Pair("SANDBOXD_GIT_USER", "us@er")));
  EXPECT_THAT(call.environment, Contains(Pair("SANDBOXD_GIT_PASSWORD", "p#w")));
  EXPECT_THAT(call.environment, Contains(Pair("GIT_CONFIG_KEY_1", "credential.https://host:1.helper")));
}

TEST(CloneCall, LeavesTheUserOfSshInTheUrlButNoPassword) {
  EXPECT_THAT(clone_call({"ssh://git:pw@host/a", "d", "", 1, {}}).arguments, Contains("ssh://git@host/a"));
  EXPECT_THAT(clone_call({"git@host:a", "d", "", 1, {}}).arguments, Contains("git@host:a"));
}

} // namespace
} // namespace sandboxd::git
