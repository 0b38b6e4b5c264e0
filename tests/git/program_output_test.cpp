#include "git/program_output.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::git {
namespace {

TEST(ProgramOutput, HasProgressInIt) {
  const auto receiving = parse_progress("Receiving objects:  45% (123/271), 1.20 MiB | 3.00 MiB/s");
  ASSERT_TRUE(receiving);
  EXPECT_EQ(receiving->phase, "receiving");
  EXPECT_EQ(receiving->done, 123);
  EXPECT_EQ(receiving->total, 271);
  EXPECT_EQ(receiving->bytes, 1258291); // 1.2 * 1024 * 1024
  EXPECT_EQ(parse_progress("Resolving deltas: 100% (7/7), done.")->phase, "resolving");
  EXPECT_EQ(parse_progress("Updating files:  3% (1/30)")->phase, "checkout");
  EXPECT_FALSE(parse_progress("Receiving objects: x"));
  EXPECT_FALSE(parse_progress("Receiving objects: (1"));
  EXPECT_FALSE(parse_progress("fatal: (1/2)"));
}

TEST(ProgramOutput, TellsMessagesFromProgress) {
  program_output output;
  EXPECT_TRUE(output.feed("Cloning into 'x'...\nremote: Counting objects: 50% (1/2)\rremote: Coun").empty());
  EXPECT_TRUE(output.feed("ting objects: 100% (2/2), done.\nremote: hello\n").empty());
  EXPECT_EQ(output.feed("Receiving objects:  50% (1/2)\rReceiving objects: 100% (2/2), done.\n").size(), 2u);
  EXPECT_TRUE(output.feed("fatal: early EOF").empty());
  EXPECT_EQ(output.messages(), "Cloning into 'x'...\nremote: hello\nfatal: early EOF\n");
}

TEST(ProgramOutput, KeepsTheEndOfEndlessMessages) {
  program_output output;
  for (int i = 0; i < 10'000; ++i)
    (void)output.feed("noise " + std::to_string(i) + "\n");
  (void)output.feed(std::string(1u << 20, 'x') + "\nfatal: the end\n");
  EXPECT_LE(output.messages().size(), longest_standard_error + 64);
  EXPECT_TRUE(output.messages().ends_with("fatal: the end\n"));
}

} // namespace
} // namespace sandboxd::git
