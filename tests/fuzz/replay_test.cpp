/// Every file of `corpus` through its target: seeds, and inputs in which a fuzzer once found something.
#include "tests/fuzz/targets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::fuzz {
namespace {

namespace fs = std::filesystem;

struct target {
  const char* name; ///< of its corpus, too
  void (*run)(std::span<const std::uint8_t> bytes);
};

constexpr std::array targets{target{"bodies", fuzz_bodies},
                             target{"configuration", fuzz_configuration},
                             target{"events", fuzz_events},
                             target{"frames", fuzz_frames},
                             target{"heads", fuzz_heads},
                             target{"paths", fuzz_paths},
                             target{"repositories", fuzz_repositories}};

/// One file and who takes it.
struct replay {
  target by;
  fs::path file;
};

void PrintTo(const replay& one, std::ostream* out) {
  *out << one.file.filename().string();
}

/// The files of a corpus, by name; none when there is no such directory.
std::vector<fs::path> files_of(const target& one) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(fs::path(SANDBOXD_FUZZ_CORPUS) / one.name, missing))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<replay> all_files() {
  std::vector<replay> all;
  for (const auto& one : targets)
    for (auto& file : files_of(one))
      all.push_back({one, std::move(file)});
  return all;
}

/// Letters, digits and underscores alone.
std::string name_of(const ::testing::TestParamInfo<replay>& one) {
  std::string name = std::string(one.param.by.name) + "_" + one.param.file.filename().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class corpus : public ::testing::TestWithParam<replay> {};

/// A rule that does not hold ends the process, with the rule on standard error.
TEST_P(corpus, breaks_no_rule) {
  std::ifstream file(GetParam().file, std::ios::binary);
  ASSERT_TRUE(file) << GetParam().file;
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  GetParam().by.run({begin, bytes.size()});
}

INSTANTIATE_TEST_SUITE_P(replay, corpus, ::testing::ValuesIn(all_files()), name_of);

TEST(corpus_of, every_target_has_seeds) {
  for (const auto& one : targets)
    EXPECT_GE(files_of(one).size(), 5u) << SANDBOXD_FUZZ_CORPUS << "/" << one.name;
}

TEST(corpus_of, no_other_target_is_there) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(SANDBOXD_FUZZ_CORPUS))
    found.push_back(entry.path().filename());
  std::sort(found.begin(), found.end());
  std::vector<std::string> known;
  for (const auto& one : targets)
    known.emplace_back(one.name);
  EXPECT_EQ(found, known);
}

} // namespace
} // namespace sandboxd::fuzz
