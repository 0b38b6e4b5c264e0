#include "inspector/sandboxctl/top_screen.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

rated_actor rated(const std::string& path, double messages, double busy, std::uint64_t depth,
                  std::uint64_t restarts) {
  rated_actor made;
  made.now.path = path;
  made.now.phase = "running";
  made.now.status = "idle";
  made.now.restarts = restarts;
  made.now.mailbox.depth = depth;
  made.now.mailbox.longest_handling = 1500;
  made.messages_per_second = messages;
  made.busy = busy;
  return made;
}

top_picture example() {
  overview daemon;
  daemon.version = "1.0";
  daemon.uptime_milliseconds = 61'000;
  daemon.rss_bytes = 1u << 20;
  return {daemon,
          0.02,
          6.0,
          {rated("/root/a", 1, 0, 0, 4), rated("/root/b", 2, 0.1, 0, 0), rated("/root/c", 0, 0.5, 0, 0),
           rated("/root/d", 3, 0, 12, 1), rated("/root/e", 0, 0, 0, 0)},
          {}};
}

std::string shown(const top_picture& picture, const top_view& view) {
  return painted(top_screen(picture, view), {.width = view.width});
}

TEST(top, tells_of_the_daemon_and_then_of_the_busiest) {
  EXPECT_EQ(shown(example(), {.width = 120}),
            "sandboxd 1.0  up 1 min 1 s  memory 1.0 MiB  cpu 2.0%  actors 5  messages/s 6.0  connections 0  "
            "threads 0  files 0\n"
            "sort by: m messages  d depth  h handling time  r restarts    q quit\n"
            "\n"
            "*MSG/S  DEPTH  BUSY  RESTARTS  LONGEST  PATH  STATUS\n"
            "   3.0     12    0%         1   1.5 ms  d     idle\n"
            "   2.0      0   10%         0   1.5 ms  b     idle\n"
            "   1.0      0    0%         4   1.5 ms  a     idle\n"
            "     0      0   50%         0   1.5 ms  c     idle\n"
            "     0      0    0%         0   1.5 ms  e     idle\n");
}

std::string paths(top_order order) {
  std::string found;
  const auto lines = top_screen(example(), {.order = order, .width = 40});
  for (std::size_t i = 4; i < lines.size(); ++i)
    found += lines[i].painted({}).back();
  return found;
}

TEST(top, sorts_by_what_is_wanted_and_then_by_path) {
  EXPECT_EQ(paths(top_order::messages), "dbace");
  EXPECT_EQ(paths(top_order::depth), "dabce");
  EXPECT_EQ(paths(top_order::handling), "cbade");
  EXPECT_EQ(paths(top_order::restarts), "adbce");
}

TEST(top, fits_the_screen) {
  for (std::size_t height = 0; height < 12; ++height)
    EXPECT_LE(top_screen(example(), {.width = 80, .height = height}).size(), height);
  EXPECT_EQ(top_screen(example(), {.width = 80, .height = 6}).size(), 6u);
  for (const std::size_t width : {1u, 10u, 59u, 60u, 99u, 100u, 500u})
    for (const auto& line : top_screen(example(), {.width = width}))
      EXPECT_LE(line.painted({.is_utf8 = false, .width = width}).size(), width);
}

TEST(top, shows_the_end_of_a_long_path) {
  top_picture picture;
  picture.actors = {rated("/root/sandbox/workload/sessions/1/shell", 0, 0, 0, 0)};
  EXPECT_EQ(top_screen(picture, {.width = 56}).back().painted({}),
            "     0      0    0%         0  …orkload/sessions/1/shell");
}

TEST(top, says_what_it_does_not_know) {
  top_picture picture;
  picture.trouble = "lost";
  EXPECT_EQ(shown(picture, {.width = 40}), "sandboxd  (it offers no overview)  acto…\n"
                                           "lost\n"
                                           "\n"
                                           "*MSG/S  DEPTH  BUSY  RESTARTS  PATH\n");
}

TEST(processor_time, is_told_of_the_same_daemon_only) {
  overview before;
  before.started_at = "then";
  before.uptime_milliseconds = 1000;
  before.cpu_milliseconds = 100;
  auto now = before;
  EXPECT_EQ(cpu_share(before, now), std::nullopt);
  now.uptime_milliseconds = 2000;
  now.cpu_milliseconds = 600;
  EXPECT_EQ(cpu_share(before, now), 0.5);
  now.started_at = "later";
  EXPECT_EQ(cpu_share(before, now), std::nullopt);
}

} // namespace
} // namespace sandboxd::sandboxctl
