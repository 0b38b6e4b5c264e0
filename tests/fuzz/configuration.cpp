#include "config/document.hpp"
#include "config/file.hpp"
#include "config/load.hpp"
#include "config/table.hpp"
#include "launcher/descriptor.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <variant>
#include <vector>

namespace sandboxd::fuzz {

namespace {

using config::configuration;
using outcome = std::variant<configuration, config::early_exit, config::problems>;

/// A file in memory, which the loader opens by its path in /proc.
class memory_file {
public:
  memory_file() : descriptor_(::memfd_create("configuration", MFD_CLOEXEC)) {
    expect(static_cast<bool>(descriptor_), "there is a file in memory");
  }

  void write(std::string_view text) const {
    expect(::ftruncate(descriptor_.get(), 0) == 0 &&
               ::pwrite(descriptor_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
           "memory takes what is written");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_.get()); }

private:
  launcher::descriptor descriptor_;
};

outcome load_text(std::string_view text) {
  static const memory_file file;
  file.write(text);
  return config::load({{"--config-file=" + file.path()}, {}});
}

void check_places(const config::file_content& content, std::string_view text) {
  const auto lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  expect(content.problems.size() <= 1, "a file is read up to its first problem");
  for (const auto& problem : content.problems)
    expect(problem.line >= 1 && problem.line <= lines && !problem.what.empty(), "a problem has a place");
  int line = 1;
  for (const auto& one : content.assignments) {
    expect(one.line >= line && one.line <= lines, "assignments have places in the order of the file");
    line = one.line;
  }
}

bool same(const config::file_content& one, const config::file_content& other) {
  const auto same_assignment = [](const config::assignment& left, const config::assignment& right) {
    return left.key == right.key && left.literal == right.literal && left.quoted == right.quoted &&
           left.line == right.line;
  };
  return one.problems.size() == other.problems.size() &&
         std::equal(one.assignments.begin(), one.assignments.end(), other.assignments.begin(),
                    other.assignments.end(), same_assignment);
}

std::string with_carriage_returns(std::string_view text) {
  std::string result;
  for (const char c : text)
    (c == '\n' ? result.append("\r") : result).push_back(c);
  return result;
}

void expect_same_values(const configuration& one, const outcome& again, std::string_view rule) {
  const auto* other = std::get_if<configuration>(&again);
  expect(other != nullptr, rule);
  for (const auto& key : config::table())
    expect(key.get(one.values) == key.get(other->values), rule);
}

void check_values(const configuration& loaded) {
  for (const auto& key : config::table()) {
    const auto value = key.get(loaded.values);
    const auto read = config::read_value(config::to_literal(value, key.allowed), key.allowed);
    const auto* again = std::get_if<config::value>(&read);
    expect(again != nullptr && *again == value, "every value is within its bounds");
  }
  for (const auto& [smaller, larger] : config::orderings()) {
    const auto& above = *config::find_key(larger);
    const auto bound = above.get(loaded.values);
    const bool is_unlimited = !above.allowed.zero_means.empty() && bound == config::value(std::uint64_t{0});
    expect(is_unlimited || config::find_key(smaller)->get(loaded.values) <= bound,
           "no value exceeds the one that bounds it");
  }
}

std::vector<std::string> flags_of(const configuration& loaded) {
  std::vector<std::string> flags;
  for (const auto& key : config::table())
    flags.push_back("--" + std::string(key.name) + '=' +
                    config::to_literal(key.get(loaded.values), key.allowed));
  return flags;
}

} // namespace

void fuzz_configuration(std::span<const std::uint8_t> bytes) {
  const auto text = text_of(bytes);
  const auto content = config::read_file_text(text);
  check_places(content, text);
  if (text.find('\r') == std::string_view::npos)
    expect(same(content, config::read_file_text(with_carriage_returns(text))),
           "carriage returns change nothing");
  if (!content.problems.empty())
    return;
  const auto loaded = load_text(text);
  if (const auto* wrong = std::get_if<config::problems>(&loaded)) {
    expect(!wrong->lines.empty() && std::none_of(wrong->lines.begin(), wrong->lines.end(),
                                                 [](const std::string& line) { return line.empty(); }),
           "a configuration that is refused is told why");
    return;
  }
  const auto& good = std::get<configuration>(loaded);
  check_values(good);
  expect_same_values(good, load_text(config::effective_file(good)), "what is printed reads the same");
  expect_same_values(good, config::load({flags_of(good), {}}), "flags say the same as a file");
}

} // namespace sandboxd::fuzz
