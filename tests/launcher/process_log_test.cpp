#include "launcher/process_log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace sandboxd::launcher {
namespace {

ring_limits small() {
  return {10, 0, "/tmp", nullptr};
}

TEST(process_log, keeps_its_streams_apart) {
  process_log log({});
  log.append(false, "out");
  log.append(true, "err");
  log.append(false, " more");
  EXPECT_EQ(log.read(false, 0, 100).bytes, "out more");
  EXPECT_EQ(log.read(true, 0, 100).bytes, "err");
  EXPECT_EQ(log.read(false, 4, 2).bytes, "mo");
  EXPECT_EQ(log.read(false, 8, 100).bytes, "");
}

TEST(process_log, shows_who_falls_behind_how_much_it_missed) {
  process_log log(small());
  log.append(false, std::string(1000, 'x'));
  const auto seen = log.read(false, 3, 100);
  EXPECT_GE(seen.position, 990u);
  EXPECT_EQ(seen.next(), 1000u);
}

TEST(process_log, tells_its_followers_as_long_as_they_want) {
  process_log log({});
  int first = 0;
  int second = 0;
  auto one = log.follow([&] { ++first; });
  {
    const auto two = log.follow([&] { ++second; });
    log.append(false, "x");
  }
  log.append(true, "y");
  log.close();
  EXPECT_EQ(first, 3);
  EXPECT_EQ(second, 1);
  EXPECT_TRUE(log.closed());
}

/// Each sees every byte once, in order, whenever it came.
TEST(process_log, replays_and_goes_on_without_gap_or_duplicate) {
  process_log log({1 << 12, 1 << 24, "/tmp", nullptr});
  constexpr int lines = 20'000;
  std::atomic<bool> wrong = false;
  std::vector<std::thread> followers;
  const auto follow = [&] {
    std::string text;
    std::uint64_t position = 0;
    for (bool last = false; !last;) {
      last = log.closed();
      for (auto piece = log.read(false, position, 1000); !piece.bytes.empty();
           piece = log.read(false, position, 1000)) {
        wrong = wrong || piece.position != position;
        position = piece.next();
        text += piece.bytes;
      }
    }
    std::string expected;
    for (int i = 0; i < lines; ++i)
      expected += std::to_string(i) + '\n';
    wrong = wrong || text != expected;
  };
  for (int i = 0; i < lines; ++i) {
    if (i % (lines / 4) == 0)
      followers.emplace_back(follow);
    log.append(false, std::to_string(i) + '\n');
  }
  log.close();
  followers.emplace_back(follow);
  for (auto& one : followers)
    one.join();
  EXPECT_FALSE(wrong);
}

} // namespace
} // namespace sandboxd::launcher
