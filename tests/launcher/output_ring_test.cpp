#include "launcher/output_ring.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {
namespace {

class ring : public ::testing::Test {
protected:
  testing::scratch_directory directory;

  ring_limits limits(std::uint64_t memory, std::uint64_t spill,
                     std::shared_ptr<byte_budget> budget = nullptr) {
    return {memory, spill, directory.path(), std::move(budget)};
  }
  /// Everything that is kept.
  static std::string all(const output_ring& output, std::size_t most = 7) {
    std::string text;
    for (auto position = output.begin(); position < output.end();) {
      const auto piece = output.read(position, most);
      EXPECT_FALSE(piece.empty());
      if (piece.empty())
        break;
      text += piece;
      position += piece.size();
    }
    return text;
  }
};

TEST_F(ring, keeps_all_of_a_short_output) {
  output_ring output(limits(100, 100));
  output.append("hello ");
  output.append("world");
  EXPECT_EQ(output.begin(), 0u);
  EXPECT_EQ(output.end(), 11u);
  EXPECT_EQ(all(output), "hello world");
  EXPECT_EQ(output.read(11, 10), "");
  EXPECT_EQ(output.read(6, 3), "wor");
}

TEST_F(ring, drops_the_oldest_bytes_beyond_both_bounds) {
  output_ring output(limits(10, 20));
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += static_cast<char>('a' + i % 26);
  output.append(text);
  EXPECT_EQ(output.end(), 100u);
  EXPECT_GE(output.end() - output.begin(), 20u);
  EXPECT_LE(output.end() - output.begin(), 30u);
  EXPECT_EQ(all(output), text.substr(output.begin()));
  EXPECT_EQ(output.read(0, 3), text.substr(output.begin(), 3)) << "what is gone is skipped";
}

TEST_F(ring, keeps_the_newest_even_without_a_file) {
  output_ring nowhere({10, 100, "/nonexistent"});
  nowhere.append("0123456789abcdefghij");
  EXPECT_EQ(all(nowhere), std::string("0123456789abcdefghij").substr(nowhere.begin()));
  EXPECT_GE(nowhere.end() - nowhere.begin(), 5u);
  output_ring none(limits(10, 0));
  none.append("0123456789abcdefghij");
  EXPECT_EQ(all(none), std::string("0123456789abcdefghij").substr(none.begin()));
}

TEST_F(ring, can_be_put_away) {
  output_ring output(limits(100, 100));
  output.append("0123456789abcdefghij");
  output.put_away(5);
  EXPECT_EQ(all(output), "0123456789abcdefghij");
  EXPECT_EQ(output.begin(), 0u);
  output_ring nowhere({100, 100, "/nonexistent"});
  nowhere.append("0123456789abcdefghij");
  nowhere.put_away(5);
  EXPECT_EQ(all(nowhere), "fghij");
}

TEST_F(ring, shares_a_budget_and_gives_it_back) {
  const auto budget = std::make_shared<byte_budget>(50);
  {
    output_ring first(limits(10, 1000, budget));
    output_ring second(limits(10, 1000, budget));
    first.append(std::string(200, 'a'));
    second.append(std::string(200, 'b'));
    EXPECT_LE(first.end() - first.begin(), 60u);
    EXPECT_EQ(all(second), std::string(second.end() - second.begin(), 'b'));
    EXPECT_GE(second.end() - second.begin(), 5u);
  }
  EXPECT_EQ(budget->take(50), 50u);
}

TEST_F(ring, takes_no_more_of_the_disk_than_its_limit_and_the_budget) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can mount a file system of its own";
  ASSERT_EQ(::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=64m"), 0);
  const auto on_disk = [&] {
    struct statvfs is {};
    EXPECT_EQ(::statvfs(directory.path().c_str(), &is), 0);
    return (is.f_blocks - is.f_bfree) * is.f_frsize;
  };
  constexpr std::uint64_t mib = 1u << 20;
  constexpr std::uint64_t block = 4096; // what one that is only half discarded still takes
  for (const auto& [spill, budget] : {std::pair{4 * mib, 64 * mib}, {64 * mib, 4 * mib}}) {
    output_ring output(limits(64u << 10, spill, std::make_shared<byte_budget>(budget)));
    for (int i = 0; i < 300; ++i)
      output.append(std::string(100'000, 'a'));
    EXPECT_GE(on_disk(), 4 * mib - block);
    EXPECT_LE(on_disk(), 4 * mib + block);
  }
  EXPECT_EQ(on_disk(), 0u);
  ASSERT_EQ(::umount2(directory.path().c_str(), MNT_DETACH), 0);
}

/// Against a string that keeps everything, with random pieces, bounds and budgets.
TEST_F(ring, is_always_the_end_of_what_was_written) {
  std::mt19937 random(7);
  const auto up_to = [&](std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(random);
  };
  for (int round = 0; round < 300; ++round) {
    const auto budget = round % 3 == 0 ? std::make_shared<byte_budget>(up_to(300)) : nullptr;
    const auto memory = 2 + up_to(100);
    const auto spill = up_to(300);
    std::string written;
    {
      output_ring output(limits(memory, spill, budget));
      for (int step = 0; step < 50; ++step) {
        std::string piece(up_to(80), '\0');
        std::generate(piece.begin(), piece.end(), [&] { return static_cast<char>(random()); });
        written += piece;
        output.append(piece);
        ASSERT_EQ(output.end(), written.size());
        ASSERT_LE(output.end() - output.begin(), memory + spill);
        ASSERT_GE(output.end() - output.begin(), std::min<std::uint64_t>(written.size(), memory / 2));
        ASSERT_TRUE(all(output, 1 + up_to(50)) == written.substr(output.begin()));
      }
    }
    if (budget) {
      budget->set_limit(1000);
      ASSERT_EQ(budget->take(1000), 1000u) << "all is given back";
    }
  }
}

} // namespace
} // namespace sandboxd::launcher
