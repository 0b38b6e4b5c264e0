#include "interpreters/language.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace sandboxd::interpreters {
namespace {

TEST(language, is_known_by_its_names_in_any_case) {
  constexpr std::pair<std::string_view, language> rows[] = {
      {"python", language::python}, {"python3", language::python},  {"javascript", language::javascript},
      {"JS", language::javascript}, {"Node", language::javascript}, {"TypeScript", language::typescript},
      {"ts", language::typescript}, {"", language::python},         {"ruby", language::python},
      {"tsx", language::python},
  };
  for (const auto& [name, meant] : rows)
    EXPECT_EQ(language_named(name), meant) << name;
}

TEST(language, means_itself_by_its_canonical_name) {
  for (const auto one : every_language)
    EXPECT_EQ(language_named(name_of(one)), one);
}

} // namespace
} // namespace sandboxd::interpreters
