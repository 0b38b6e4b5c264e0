#include "inspector/sandboxctl/actor_rates.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

json an_actor(const std::string& path, int handled, int handling_microseconds, int restarts = 0) {
  return {{"path", path},
          {"restarts", restarts},
          {"mailbox", {{"handled", handled}, {"handlingMicroseconds", handling_microseconds}}}};
}

json look(const std::string& second, json actors, json gone = json::array(), bool is_complete = true) {
  return {{"type", "actors"},
          {"time", "2026-11-28T18:00:" + second + "Z"},
          {"actors", std::move(actors)},
          {"gone", std::move(gone)},
          {"complete", is_complete}};
}

json list(std::vector<json> actors) {
  return json(std::move(actors));
}

TEST(rates, need_two_looks) {
  actor_rates rates;
  EXPECT_TRUE(rates.take(look("00.000", list({an_actor("/a", 100, 0)}))));
  EXPECT_EQ(rates.messages_per_second(), std::nullopt);
  ASSERT_EQ(rates.actors().size(), 1u);
  EXPECT_EQ(rates.actors()[0].messages_per_second, 0);

  EXPECT_TRUE(rates.take(look("02.000", list({an_actor("/a", 110, 500'000)}))));
  EXPECT_EQ(rates.messages_per_second(), 5);
  EXPECT_EQ(rates.actors()[0].messages_per_second, 5);
  EXPECT_EQ(rates.actors()[0].busy, 0.25);
}

TEST(rates, of_actors_that_are_not_told_are_zero) {
  actor_rates rates;
  rates.take(look("00.000", list({an_actor("/a", 1, 0), an_actor("/b", 1, 0)})));
  rates.take(look("01.000", list({an_actor("/a", 4, 0), an_actor("/b", 2, 0)})));
  EXPECT_EQ(rates.messages_per_second(), 4);
  rates.take(look("02.000", list({an_actor("/a", 5, 0)})));
  EXPECT_EQ(rates.messages_per_second(), 1);
  EXPECT_EQ(rates.actors()[1].messages_per_second, 0);
}

TEST(rates, count_new_actors_and_new_incarnations_from_zero) {
  actor_rates rates;
  rates.take(look("00.000", list({an_actor("/a", 100, 900, 0), an_actor("/b", 3, 0, 0)})));
  rates.take(
      look("01.000", list({an_actor("/a", 120, 700, 1), an_actor("/b", 2, 0, 0), an_actor("/c", 7, 0, 0)})));
  const auto actors = rates.actors();
  EXPECT_EQ(actors[0].messages_per_second, 120);
  EXPECT_EQ(actors[1].messages_per_second, 2);
  EXPECT_EQ(actors[2].messages_per_second, 7);
}

TEST(rates, come_with_the_end_of_a_look_only) {
  actor_rates rates;
  EXPECT_FALSE(rates.take(look("00.000", list({an_actor("/a", 1, 0)}), json::array(), false)));
  EXPECT_TRUE(rates.take(look("00.000", list({an_actor("/b", 1, 0)}))));
  EXPECT_EQ(rates.actors().size(), 2u);
  EXPECT_FALSE(rates.take(look("01.000", list({an_actor("/a", 3, 0)}), json::array(), false)));
  EXPECT_EQ(rates.messages_per_second(), std::nullopt);
  EXPECT_TRUE(rates.take(look("01.000", list({an_actor("/b", 4, 0)}))));
  EXPECT_EQ(rates.messages_per_second(), 5);
}

TEST(rates, forget_who_is_gone) {
  actor_rates rates;
  rates.take(look("00.000", list({an_actor("/a", 1, 0), an_actor("/b", 1, 0)})));
  rates.take(look("01.000", list({an_actor("/b", 5, 0)}), json::array({"/a", "/b"})));
  ASSERT_EQ(rates.actors().size(), 1u);
  EXPECT_EQ(rates.actors()[0].now.path, "/b");
  EXPECT_EQ(rates.actors()[0].messages_per_second, 5);
}

TEST(rates, do_not_divide_by_a_time_that_stands_still) {
  actor_rates rates;
  rates.take(look("01.000", list({an_actor("/a", 1, 0)})));
  rates.take(look("01.000", list({an_actor("/a", 9, 0)})));
  EXPECT_EQ(rates.messages_per_second(), std::nullopt);
  rates.take({{"type", "actors"}, {"time", "?"}});
  EXPECT_EQ(rates.messages_per_second(), std::nullopt);
}

} // namespace
} // namespace sandboxd::sandboxctl
