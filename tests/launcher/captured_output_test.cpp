#include "launcher/captured_output.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

namespace sandboxd::launcher {
namespace {

std::string read_all(const captured_output& output, std::size_t piece = 1000) {
  std::string all;
  std::string buffer(piece, '\0');
  while (const auto count = output.read(all.size(), buffer))
    all.append(buffer, 0, count);
  return all;
}

class capture : public ::testing::Test {
protected:
  capture_limits limits(std::uint64_t memory, std::uint64_t most) {
    return {memory, most, directory.path(), nullptr};
  }
  testing::scratch_directory directory;
};

TEST_F(capture, is_empty_at_first) {
  const captured_output output(limits(10, 20));
  char buffer[4];
  EXPECT_EQ(output.size(), 0u);
  EXPECT_EQ(output.dropped(), 0u);
  EXPECT_EQ(output.last_byte(), -1);
  EXPECT_EQ(output.read(0, buffer), 0u);
  EXPECT_EQ(output.read(1, buffer), 0u);
}

TEST_F(capture, goes_from_memory_to_a_file_to_nothing) {
  captured_output output(limits(4, 8));
  output.append(std::string_view("abc"));
  EXPECT_EQ(output.memory(), "abc");
  output.append(std::string_view("defg"));
  EXPECT_EQ(output.memory(), "abcd");
  EXPECT_EQ(output.size(), 7u);
  EXPECT_EQ(output.last_byte(), 'g');
  output.append(std::string_view("hij"));
  EXPECT_EQ(output.size(), 8u);
  EXPECT_EQ(output.dropped(), 2u);
  EXPECT_EQ(output.last_byte(), 'h');
  EXPECT_EQ(read_all(output), "abcdefgh");
}

TEST_F(capture, keeps_nothing_after_a_gap) {
  captured_output output(limits(4, 8));
  output.append(std::string(9, 'x'));
  output.append(std::string_view("y"));
  EXPECT_EQ(read_all(output), "xxxxxxxx");
  EXPECT_EQ(output.dropped(), 2u);
}

TEST_F(capture, tells_high_bytes_from_none) {
  captured_output output(limits(4, 8));
  output.append(std::string_view("\xff"));
  EXPECT_EQ(output.last_byte(), 255);
}

TEST_F(capture, takes_no_more_disk_than_the_budget_has_and_gives_it_back) {
  auto shared = limits(2, 100);
  shared.budget = std::make_shared<byte_budget>(5);
  {
    captured_output first(shared);
    captured_output second(shared);
    first.append(std::string_view("abcde"));
    EXPECT_EQ(read_all(first), "abcde");
    second.append(std::string_view("ABCDE"));
    EXPECT_EQ(read_all(second), "ABCD");
    EXPECT_EQ(second.dropped(), 1u);
    EXPECT_EQ(second.last_byte(), 'D');
    EXPECT_EQ(shared.budget->take(1), 0u);
  }
  EXPECT_EQ(shared.budget->take(100), 5u);
}

TEST_F(capture, spills_early_when_the_memory_of_all_is_used_and_gives_its_part_back) {
  auto shared = limits(100, 1000);
  shared.memory_budget = std::make_shared<byte_budget>(8);
  {
    captured_output first(shared);
    captured_output second(shared);
    first.append(std::string_view("12345"));
    second.append(std::string_view("abcde"));
    EXPECT_EQ(first.memory(), "12345");
    EXPECT_EQ(second.memory(), "abc");
    EXPECT_EQ(second.size(), 5u) << "the rest lies on disk";
    EXPECT_EQ(second.dropped(), 0u);
  }
  EXPECT_EQ(shared.memory_budget->take(100), 8u);
}

TEST(byte_budget, follows_a_limit_that_changes) {
  byte_budget budget(10);
  EXPECT_EQ(budget.take(8), 8u);
  budget.set_limit(5);
  EXPECT_EQ(budget.take(1), 0u) << "more is taken than there is";
  budget.give_back(4);
  EXPECT_EQ(budget.take(10), 1u);
}

TEST_F(capture, takes_nothing_from_the_budget_for_what_the_disk_refused) {
  auto shared = limits(2, 100);
  shared.budget = std::make_shared<byte_budget>(5);
  shared.spill_directory = directory / "missing";
  captured_output output(shared);
  output.append(std::string_view("abcde"));
  EXPECT_EQ(output.dropped(), 3u);
  EXPECT_EQ(shared.budget->take(100), 5u);
}

TEST_F(capture, leaves_no_name_in_the_spill_directory) {
  captured_output output(limits(1, 100));
  output.append(std::string_view("spilled"));
  EXPECT_EQ(output.size(), 7u);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(capture, counts_as_dropped_what_a_failing_disk_does_not_take) {
  captured_output output({4, 100, directory / "missing", nullptr});
  output.append(std::string_view("abcdef"));
  output.append(std::string_view("gh"));
  EXPECT_EQ(read_all(output), "abcd");
  EXPECT_EQ(output.last_byte(), 'd');
  EXPECT_EQ(output.dropped(), 4u);
}

TEST_F(capture, needs_no_disk_below_the_memory_bound) {
  captured_output output({4, 100, directory / "missing", nullptr});
  output.append(std::string_view("abcd"));
  EXPECT_EQ(read_all(output), "abcd");
  EXPECT_EQ(output.dropped(), 0u);
}

TEST_F(capture, obeys_a_hard_bound_below_the_memory_bound) {
  captured_output output(limits(100, 3));
  output.append(std::string_view("abcdef"));
  EXPECT_EQ(read_all(output), "abc");
  EXPECT_EQ(output.dropped(), 3u);
}

TEST_F(capture, agrees_with_a_string_whatever_is_appended) {
  std::mt19937 random{31337};
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t memory = random() % 300;
    const std::uint64_t most = random() % 1500;
    captured_output output(limits(memory, most));
    std::string all;
    for (auto appends = random() % 20; appends > 0; --appends) {
      std::string bytes(random() % 150, '\0');
      for (char& c : bytes)
        c = static_cast<char>(random());
      output.append(bytes);
      all += bytes;
    }
    const std::string kept = all.substr(0, most);
    ASSERT_EQ(output.size(), kept.size());
    ASSERT_EQ(output.dropped(), all.size() - kept.size());
    ASSERT_EQ(output.memory(), kept.substr(0, memory));
    ASSERT_EQ(output.last_byte(), kept.empty() ? -1 : static_cast<unsigned char>(kept.back()));
    ASSERT_EQ(read_all(output, 1 + random() % 400), kept);
    for (int probe = 0; probe < 20; ++probe) {
      const std::uint64_t offset = random() % (kept.size() + 10);
      std::string buffer(1 + random() % 100, '\0');
      const auto count = output.read(offset, buffer);
      ASSERT_LE(count, buffer.size());
      if (offset >= kept.size())
        ASSERT_EQ(count, 0u);
      else
        ASSERT_GT(count, 0u);
      ASSERT_EQ(buffer.substr(0, count), offset < kept.size() ? kept.substr(offset, count) : "");
    }
  }
}

TEST_F(capture, holds_no_descriptor_after_its_end) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = descriptors();
  {
    captured_output output(limits(1, 100));
    output.append(std::string_view("spilled"));
    EXPECT_EQ(descriptors(), before + 1);
  }
  EXPECT_EQ(descriptors(), before);
}

} // namespace
} // namespace sandboxd::launcher
