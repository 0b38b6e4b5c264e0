#include "inspector/sandboxctl/actor.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

TEST(an_actor, is_read_from_the_interface) {
  const auto read = read_actor(json::parse(R"({
    "path": "/root/a", "kind": "k", "phase": "running", "status": "idle",
    "details": {"id": "x", "waiting": 3}, "lastError": "e", "restarts": 2,
    "startedAt": "s", "restartDue": "r", "pid": 7,
    "supervisor": {"strategy": "dynamic", "intensity": 5, "periodSeconds": 10, "used": 6, "left": -1},
    "mailbox": {"depth": 1, "highWater": 2, "received": 3, "handled": 4, "oldestMicroseconds": 5,
                "handlingMicroseconds": 6, "longestHandlingMicroseconds": 7}})"));
  EXPECT_EQ(read.path, "/root/a");
  EXPECT_EQ(read.kind, "k");
  EXPECT_EQ(read.status, "idle");
  EXPECT_EQ(read.details, (std::vector<std::pair<std::string, std::string>>{{"id", "x"}, {"waiting", "3"}}));
  EXPECT_EQ(read.last_error, "e");
  EXPECT_EQ(read.restarts, 2u);
  EXPECT_EQ(read.restart_due, "r");
  EXPECT_EQ(read.pid, 7);
  ASSERT_TRUE(read.supervisor);
  EXPECT_EQ(read.supervisor->strategy, "dynamic");
  EXPECT_EQ(read.supervisor->left, -1);
  EXPECT_EQ(read.mailbox.high_water, 2u);
  EXPECT_EQ(read.mailbox.oldest, 5u);
  EXPECT_EQ(read.mailbox.longest_handling, 7u);
}

TEST(an_actor, is_empty_where_the_interface_says_something_else) {
  for (const auto* const text : {"{}", "[]", "7", "null", R"({"path": 1, "mailbox": [], "supervisor": "x",
        "details": "y", "restarts": -5, "pid": "z"})"}) {
    const auto read = read_actor(json::parse(text));
    EXPECT_EQ(read.path, "");
    EXPECT_EQ(read.restarts, 0u);
    EXPECT_EQ(read.pid, 0);
    EXPECT_FALSE(read.supervisor);
    EXPECT_TRUE(read.details.empty());
  }
}

std::vector<std::string> texts_on(const actor& one) {
  std::vector<std::string> texts;
  for (const auto& found : remarks_on(one))
    texts.push_back(found.text);
  return texts;
}

using texts = std::vector<std::string>;

TEST(remarks, are_made_on_what_most_actors_have_not) {
  actor one;
  one.phase = "running";
  one.supervisor = {.strategy = "dynamic", .intensity = 5, .period_seconds = 10, .used = 0, .left = 5};
  one.mailbox = {.depth = 9, .high_water = 99, .oldest = 999'999};
  EXPECT_EQ(texts_on(one), texts{});

  one.mailbox.oldest = 1'000'000;
  EXPECT_EQ(texts_on(one), texts{"9 messages, the oldest 1.0 s old"});
  one.mailbox = {.depth = 10, .oldest = 500};
  EXPECT_EQ(texts_on(one), texts{"10 messages, the oldest 500 us old"});
  one.mailbox = {};

  one.supervisor->used = 1;
  EXPECT_EQ(texts_on(one), texts{"1 of 5 restarts used within 10 s"});
  one.supervisor->left = -1;
  EXPECT_EQ(texts_on(one), texts{"has given up"});
  one.supervisor.reset();

  one.phase = "exited";
  one.restart_due = "2026-11-28T18:23:46.673Z";
  one.restarts = 1;
  one.last_error = "no";
  EXPECT_EQ(texts_on(one),
            (texts{"exited", "restart due at 2026-11-28 18:23:46.673", "1 restart", "last error: no"}));
  one = {};
  one.phase = "starting";
  EXPECT_EQ(texts_on(one), texts{"starting"});
}

} // namespace
} // namespace sandboxd::sandboxctl
