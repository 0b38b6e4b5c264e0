#include "config/file.hpp"
#include "config/load.hpp"
#include "config/table.hpp"
#include "tests/config/temporary_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::config {
namespace {

/// A seed from SANDBOXD_TEST_SEED, or a fixed one.
unsigned seed() {
  const char* given = std::getenv("SANDBOXD_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 20'240'607u;
}

class garbage {
public:
  explicit garbage(unsigned seed) : random_(seed) {}

  /// Bytes of any value.
  std::string bytes() {
    std::string text(below(300), '\0');
    for (auto& c : text)
      c = static_cast<char>(below(256));
    return text;
  }

  /// Pieces of the syntax in any order.
  std::string pieces() {
    static constexpr std::array<std::string_view, 37> all{"[http]",
                                                          "[",
                                                          "]",
                                                          "{",
                                                          "}",
                                                          "\n",
                                                          "\n",
                                                          " ",
                                                          "=",
                                                          ";",
                                                          "\"",
                                                          "'",
                                                          "\\",
                                                          ",",
                                                          ".",
                                                          "<",
                                                          ">",
                                                          "port",
                                                          "http",
                                                          "log",
                                                          "level",
                                                          "\"info\"",
                                                          "true",
                                                          "f",
                                                          "5s",
                                                          "1min",
                                                          "0x1F",
                                                          "0b1",
                                                          "077",
                                                          "-",
                                                          "+",
                                                          "1e99999",
                                                          "1.5e-99999",
                                                          "99999999999999999999",
                                                          "18446744073709551616h",
                                                          "9223372036854775807s",
                                                          "port = 1\n"};
    std::string text;
    for (auto left = below(60); left > 0; --left)
      text += all.at(below(all.size()));
    return text;
  }

  /// A good file with a few bytes changed, left out or doubled.
  std::string mutated() {
    std::string text = "http { max-connections = 4 }\n[http]\nport = 3000\naddress = \"::1\" ; comment\n"
                       "idle-timeout = 5min\n[log]\nlevel = 'info'\n[isolation] ; x\nfallback = false\n";
    for (auto left = 1 + below(4); left > 0; --left) {
      const auto at = below(text.size());
      switch (below(3)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      default:
        text.insert(at, text.substr(below(text.size()), 1 + below(8)));
      }
    }
    return text;
  }

private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  std::mt19937 random_;
};

int newlines_in(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

TEST(config_garbage, ends_in_assignments_or_a_problem_on_a_line_that_exists) {
  garbage source(seed());
  int with_problem = 0;
  int with_assignment = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto text = i % 3 == 0 ? source.bytes() : i % 3 == 1 ? source.pieces() : source.mutated();
    const auto content = read_file_text(text);
    ASSERT_LE(content.problems.size(), 1u) << text;
    with_problem += content.problems.empty() ? 0 : 1;
    with_assignment += content.assignments.empty() ? 0 : 1;
    for (const auto& problem : content.problems) {
      EXPECT_GE(problem.line, 1) << text;
      EXPECT_LE(problem.line, newlines_in(text) + 1) << text;
    }
    int line = 1;
    for (const auto& one : content.assignments) {
      EXPECT_GE(one.line, line) << "seed " << seed() << ": " << text;
      EXPECT_LE(one.line, newlines_in(text) + 1) << text;
      line = one.line;
    }
  }
  // The generator is worth its name only while it reaches both.
  EXPECT_GT(with_problem, 5000);
  EXPECT_GT(with_assignment, 5000);
}

TEST(config_garbage, never_leads_to_a_value_out_of_its_domain) {
  garbage source(seed() + 1);
  int started = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto text = source.mutated();
    const temporary_file file(text);
    const auto outcome = load({{file.flag()}, {}});
    const auto* loaded = std::get_if<configuration>(&outcome);
    if (loaded == nullptr)
      continue;
    ++started;
    for (const auto& key : table())
      EXPECT_TRUE(std::holds_alternative<value>(
          read_value(to_literal(key.get(loaded->values), key.allowed), key.allowed)))
          << key.name << " after " << text;
  }
  EXPECT_GT(started, 20);
}

} // namespace
} // namespace sandboxd::config
