#include "files/change_batch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace sandboxd::files {
namespace {

watch_change change_at(int second, change_type type, std::string path, bool is_directory = false) {
  return {type, std::move(path), is_directory,
          std::chrono::system_clock::time_point(std::chrono::seconds(second))};
}

TEST(change_batch, keeps_the_place_of_the_first_and_the_time_of_the_last) {
  change_batch batch(10);
  EXPECT_TRUE(batch.empty());
  batch.add(change_at(1, change_type::modify, "/a"));
  batch.add(change_at(2, change_type::create, "/b"));
  batch.add(change_at(3, change_type::modify, "/a"));
  batch.add(change_at(4, change_type::modify, "/a", true));
  const auto taken = batch.take();
  ASSERT_EQ(taken.changes.size(), 3u);
  EXPECT_EQ(taken.changes[0].path, "/a");
  EXPECT_EQ(taken.changes[0].time.time_since_epoch(), std::chrono::seconds(3));
  EXPECT_EQ(taken.changes[1].path, "/b");
  EXPECT_TRUE(taken.changes[2].is_directory);
  EXPECT_EQ(taken.dropped, 0u);
  EXPECT_TRUE(batch.empty());
}

TEST(change_batch, counts_what_it_has_no_room_for) {
  change_batch batch(2);
  for (const auto* path : {"/a", "/b", "/c", "/a", "/d"})
    batch.add(change_at(1, change_type::create, path));
  const auto taken = batch.take();
  EXPECT_EQ(taken.changes.size(), 2u);
  EXPECT_EQ(taken.dropped, 2u);
  batch.add(change_at(1, change_type::create, "/c"));
  EXPECT_EQ(batch.take().changes.size(), 1u) << "there is room again";
}

/// Against the same in the plainest words.
TEST(change_batch, does_as_its_rule_says) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int run = 0; run < 200; ++run) {
    const std::size_t most = 1 + random() % 8;
    change_batch batch(most);
    std::vector<watch_change> expected;
    std::uint64_t dropped = 0;
    for (int i = 0; i < 100; ++i) {
      if (random() % 20 == 0) {
        const auto taken = batch.take();
        ASSERT_EQ(taken.changes.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k) {
          EXPECT_EQ(taken.changes[k].path, expected[k].path);
          EXPECT_EQ(taken.changes[k].type, expected[k].type);
          EXPECT_EQ(taken.changes[k].time, expected[k].time);
        }
        EXPECT_EQ(taken.dropped, dropped);
        expected.clear();
        dropped = 0;
      }
      const auto change = change_at(i, random() % 2 == 0 ? change_type::create : change_type::remove,
                                    std::string(1, static_cast<char>('a' + random() % 6)));
      batch.add(change);
      bool known = false;
      for (auto& one : expected)
        if (one.path == change.path && one.type == change.type) {
          one.time = change.time;
          known = true;
        }
      if (!known && expected.size() < most)
        expected.push_back(change);
      else if (!known)
        ++dropped;
    }
  }
}

} // namespace
} // namespace sandboxd::files
