#include "config/load.hpp"
#include "config/table.hpp"
#include "tests/config/temporary_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace sandboxd::config {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const std::vector<change>& changes) {
  std::vector<std::string> result;
  result.reserve(changes.size());
  for (const auto& one : changes)
    result.push_back(to_string(one));
  return result;
}

TEST(config_reload, applies_live_keys_and_lists_what_needs_a_restart) {
  const temporary_file file("[http]\nport = 1\n[log]\nlevel = \"info\"\n[session]\nmax-sessions = 5\n");
  const auto start = std::get<configuration>(load({{file.flag(), "--session.max-sessions=7"}, {}}));
  file.write("[http]\nport = 2\n\n[log]\nlevel = \"debug\"\n[session]\nmax-sessions = 6\n");

  const auto second = std::get<reloaded>(reload(start));
  EXPECT_THAT(texts(second.applied), ElementsAre("log.level: info -> debug (" + file.path() + ":5)"));
  EXPECT_THAT(texts(second.needs_restart), ElementsAre("http.port: 1 -> 2 (" + file.path() + ":2)"));
  EXPECT_EQ(second.current.values.log.level, log_level::debug);
  EXPECT_EQ(second.current.values.http.port, 1);
  EXPECT_EQ(second.current.values.session.max_sessions, 7u) << "the flag of the start still wins";

  // What is in force is told once; what waits for a restart is told each time.
  const auto third = std::get<reloaded>(reload(second.current));
  EXPECT_THAT(texts(third.applied), ElementsAre());
  EXPECT_THAT(texts(third.needs_restart), ElementsAre("http.port: 1 -> 2 (" + file.path() + ":2)"));
}

TEST(config_override, holds_until_the_configuration_is_read_again) {
  const auto start = std::get<configuration>(load({}));
  const auto turned =
      std::get<configuration>(override_setting(start, *find_key("log.level"), "debug", "somebody"));
  EXPECT_EQ(turned.values.log.level, log_level::debug);
  EXPECT_EQ(turned.sources.at("log.level"), "somebody");
  EXPECT_EQ(turned.overridden.at("log.level"), "info");
  const auto again =
      std::get<configuration>(override_setting(turned, *find_key("log.level"), "warn", "somebody"));
  EXPECT_EQ(again.overridden.at("log.level"), "info") << "what a restart brings back";
  const auto read = std::get<reloaded>(reload(again));
  EXPECT_THAT(texts(read.applied), ElementsAre("log.level: warn -> info (default)"));
  EXPECT_TRUE(read.current.overridden.empty());
}

TEST(config_override, is_refused_when_it_is_wrong_not_live_or_concerns_another_key) {
  const auto start = std::get<configuration>(load({}));
  const auto why = [&](const char* name, const char* literal) {
    return std::get<problems>(override_setting(start, *find_key(name), literal, "somebody")).lines;
  };
  EXPECT_THAT(why("log.level", "loud"), ElementsAre(testing::StartsWith("log.level = loud: ")));
  EXPECT_THAT(why("http.port", "1"), ElementsAre("http.port = 1: takes effect with a restart only"));
  EXPECT_THAT(
      why("interpreter.python-pool-max-size", "1"),
      ElementsAre("interpreter.python-pool-max-size = 1: is less than interpreter.python-pool-min-size = 3"));
}

TEST(config_reload, goes_back_to_the_default_when_a_key_leaves_the_file) {
  const temporary_file file("[log]\nlevel = \"warn\"\n");
  const auto start = std::get<configuration>(load({{file.flag()}, {}}));
  file.write("");
  const auto again = std::get<reloaded>(reload(start));
  EXPECT_THAT(texts(again.applied), ElementsAre("log.level: warn -> info (default)"));
}

TEST(config_reload, keeps_everything_when_the_file_has_become_bad) {
  const temporary_file file("[log]\nlevel = \"warn\"\n");
  const auto start = std::get<configuration>(load({{file.flag()}, {}}));
  file.write("[log]\nlevel = \"loud\"\n");
  const auto outcome = reload(start);
  ASSERT_TRUE(std::holds_alternative<problems>(outcome));
  EXPECT_THAT(
      std::get<problems>(outcome).lines,
      ElementsAre(file.path() +
                  ":2: log.level = loud: not a word known here; allowed: debug, info, warn or error"));
}

} // namespace
} // namespace sandboxd::config
