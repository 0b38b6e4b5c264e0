#include "config/document.hpp"
#include "config/file.hpp"
#include "config/load.hpp"
#include "config/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::config {
namespace {

std::string shipped_text() {
  std::ifstream file(SANDBOXD_SHIPPED_CONFIGURATION, std::ios::binary);
  EXPECT_TRUE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(config_table, equals_the_shipped_file) {
  EXPECT_EQ(shipped_text(), shipped_file())
      << "write it anew: sandboxd --print-template > config/sandboxd.conf";
}

TEST(config_table, has_every_default_in_its_own_domain) {
  const settings defaults;
  for (const auto& key : table()) {
    const auto literal = to_literal(key.get(defaults), key.allowed);
    const auto outcome = read_value(literal, key.allowed);
    ASSERT_TRUE(std::holds_alternative<value>(outcome)) << key.name << " = " << literal;
    EXPECT_EQ(std::get<value>(outcome), key.get(defaults)) << key.name;
  }
}

TEST(config_table, ships_a_file_whose_commented_keys_are_good_when_uncommented) {
  std::istringstream lines(shipped_text());
  std::string uncommented;
  for (std::string line; std::getline(lines, line);)
    uncommented +=
        (line.starts_with(';') && !line.starts_with("; ") && line.size() > 1 ? line.substr(1) : line) + '\n';
  const auto content = read_file_text(uncommented);
  EXPECT_TRUE(content.problems.empty());
  const settings defaults;
  std::set<std::string_view> names;
  for (const auto& one : content.assignments) {
    const auto* key = find_key(one.key);
    ASSERT_NE(key, nullptr) << one.key;
    names.insert(key->name);
    const auto outcome = read_value(one.literal, key->allowed);
    ASSERT_TRUE(std::holds_alternative<value>(outcome)) << one.key;
    EXPECT_EQ(std::get<value>(outcome), key->get(defaults)) << one.key;
  }
  EXPECT_EQ(names.size(), table().size());
}

TEST(config_table, writes_every_key_to_a_member_of_its_own) {
  // Sets each key alone to another value and finds that no other key has changed with it.
  const settings defaults;
  for (const auto& changed : table()) {
    auto values = defaults;
    const auto before = changed.get(defaults);
    value other = std::string(before == value{std::string("/a")} ? "/b" : "/a");
    if (const auto* flag = std::get_if<bool>(&before))
      other = !*flag;
    else if (const auto* number = std::get_if<std::uint64_t>(&before))
      other = *number == changed.allowed.maximum ? changed.allowed.minimum : changed.allowed.maximum;
    else if (changed.allowed.type == kind::word)
      other =
          std::string(changed.allowed.words[before == value{std::string(changed.allowed.words[0])} ? 1 : 0]);
    changed.set(values, other);
    for (const auto& key : table())
      EXPECT_EQ(key.get(values), key.name == changed.name ? other : key.get(defaults))
          << key.name << " after a change of " << changed.name;
  }
}

TEST(config_table, has_unique_names_and_variables_and_keeps_groups_together) {
  std::set<std::string> seen;
  std::set<std::string_view> groups;
  std::string_view group;
  for (const auto& key : table()) {
    EXPECT_TRUE(seen.insert(std::string(key.name)).second) << key.name;
    EXPECT_TRUE(seen.insert(variable_of(key.name)).second) << key.name;
    EXPECT_THAT(key.name, testing::MatchesRegex("[a-z]+\\.[a-z-]+"));
    EXPECT_FALSE(key.documentation.empty()) << key.name;
    EXPECT_FALSE(key.documentation.ends_with('.')) << key.name;
    if (group_of(key.name) != group) {
      group = group_of(key.name);
      EXPECT_TRUE(groups.insert(group).second) << key.name;
    }
  }
}

TEST(config_table, compares_keys_that_exist_and_change_together) {
  for (const auto& pair : orderings()) {
    ASSERT_NE(find_key(pair.smaller), nullptr) << pair.smaller;
    ASSERT_NE(find_key(pair.larger), nullptr) << pair.larger;
    // Otherwise a reload could apply one and not the other, and leave a pair that `load` refuses.
    EXPECT_EQ(find_key(pair.smaller)->live, find_key(pair.larger)->live) << pair.smaller;
  }
}

TEST(config_table, names_the_variable_of_a_key) {
  EXPECT_EQ(variable_of("http.io-threads"), "SANDBOXD_HTTP_IO_THREADS");
}

} // namespace
} // namespace sandboxd::config
