#include "inspector/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::inspector {
namespace {

using namespace std::chrono_literals;
using supervision::actor_snapshot;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> rules(const health& what) {
  std::vector<std::string> names;
  for (const auto& one : find_lints(what))
    names.push_back(one.rule);
  return names;
}

actor_snapshot actor(std::string path) {
  actor_snapshot made;
  made.path = std::move(path);
  made.phase = supervision::actor_phase::running;
  return made;
}

health with_supervisor(std::size_t intensity, std::size_t restarts) {
  auto supervisor = std::make_shared<supervision::supervisor_figures>();
  supervisor->restarts = supervision::restart_window{intensity, 10s};
  for (std::size_t count = 0; count < restarts; ++count)
    supervisor->restarts.add(std::chrono::steady_clock::now());
  health what;
  what.actors.push_back(actor("/root"));
  what.actors.back().supervisor = supervisor;
  return what;
}

TEST(lints, find_nothing_where_nothing_is_wrong) {
  health what;
  what.actors.push_back(actor("/root/a"));
  what.actors.back().mailbox.oldest_age = 999'999us;
  what.actors.back().mailbox.since_long_handler = 61s;
  what.own.descriptors = 79;
  what.descriptor_limit = 100;
  what.budgets.push_back({"memory", "bytes", 79, 100, "x.y"});
  what.budgets.push_back({"without a limit", "bytes", 79, 0, "x.y"});
  what.pools.push_back({{}, 3, 0});
  what.pools.back().status.circuit = "closed";
  what.pools.back().status.idle = 100;
  EXPECT_THAT(rules(what), IsEmpty());
}

TEST(lints, find_old_messages_and_long_handlers) {
  health what;
  what.actors.push_back(actor("/root/a"));
  what.actors.back().mailbox.oldest_age = 1s;
  what.actors.back().mailbox.depth = 5;
  what.actors.back().mailbox.since_long_handler = 60s;
  EXPECT_THAT(rules(what), ElementsAre("old-message", "long-handler"));
  EXPECT_THAT(find_lints(what).front().text, HasSubstr("waited for 1.0 s and 5 wait"));
  EXPECT_EQ(find_lints(what).front().setting, "scheduler.threads");
}

TEST(lints, let_actors_with_a_thread_of_their_own_block) {
  health what;
  what.actors.push_back(actor("/root/a"));
  what.actors.back().may_block = true;
  what.actors.back().mailbox.oldest_age = 1h;
  what.actors.back().mailbox.since_long_handler = 0s;
  EXPECT_THAT(rules(what), IsEmpty());
}

TEST(lints, find_who_waits_for_a_restart) {
  health what;
  what.actors.push_back(actor("/root/a"));
  what.actors.back().restart_due = std::chrono::system_clock::now();
  what.actors.back().last_error = "no descriptor left";
  EXPECT_THAT(rules(what), ElementsAre("waits-for-restart"));
  EXPECT_THAT(find_lints(what).front().text, HasSubstr("no descriptor left"));
}

TEST(lints, find_restart_budgets_that_are_four_fifths_used) {
  EXPECT_THAT(rules(with_supervisor(5, 3)), IsEmpty());
  EXPECT_THAT(rules(with_supervisor(5, 4)), ElementsAre("restart-budget"));
  EXPECT_THAT(rules(with_supervisor(0, 0)), IsEmpty());
  EXPECT_THAT(rules(with_supervisor(1, 1)), ElementsAre("restart-budget"));
}

TEST(lints, find_pools_at_their_end) {
  health what;
  what.pools.push_back({{}, 1, 3});
  auto& status = what.pools.back().status;
  status.circuit = "closed";
  status.idle = status.starting = status.lent = 1;
  EXPECT_THAT(rules(what), IsEmpty()) << "one is idle";
  status.idle = 0;
  status.lent = 2;
  EXPECT_THAT(rules(what), ElementsAre("pool-at-maximum"));
  status.circuit = "half_open";
  status.problem = "there is no python3";
  EXPECT_THAT(rules(what), ElementsAre("no-executors", "circuit", "pool-at-maximum"));
  status.circuit = "open";
  EXPECT_THAT(rules(what), ElementsAre("circuit", "no-executors", "pool-at-maximum"));
}

TEST(lints, find_clients_that_take_nothing) {
  health what;
  what.stalled.emplace_back();
  what.stalled.back().about = {"r-1", "GET", "/api/process/p/stream", "10.0.0.1:5"};
  what.stalled.back().client_stalls = 999'999us;
  EXPECT_THAT(rules(what), IsEmpty());
  what.stalled.back().client_stalls = 2500ms;
  what.stalled.back().context.span = 0xab;
  EXPECT_THAT(rules(what), ElementsAre("slow-client"));
  EXPECT_THAT(find_lints(what).front().text,
              HasSubstr("10.0.0.1:5 of request r-1 (GET /api/process/p/stream) has taken nothing for 2.5 s"));
  EXPECT_EQ(find_lints(what).front().setting, "http.stream-stall-timeout");
  EXPECT_EQ(find_lints(what).front().request, "00000000000000ab");
}

TEST(lints, find_a_journal_that_does_not_get_into_its_file) {
  health what;
  what.journal_problem = "No space left on device";
  EXPECT_THAT(rules(what), ElementsAre("journal-file"));
  EXPECT_THAT(find_lints(what).front().text, HasSubstr("No space left on device"));
  EXPECT_EQ(find_lints(what).front().setting, "inspector.journal-file");
}

TEST(lints, find_budgets_and_descriptors_that_are_four_fifths_used) {
  health what;
  what.budgets.push_back({"memory", "bytes", 80, 100, "x.y"});
  what.own.descriptors = 80;
  what.descriptor_limit = 100;
  EXPECT_THAT(rules(what), ElementsAre("descriptors", "budget"));
  EXPECT_EQ(find_lints(what).back().setting, "x.y");
}

TEST(lints, of_one_rule_do_not_hide_those_of_another) {
  health what;
  for (auto number = 0; number < 1000; ++number) {
    what.actors.push_back(actor("/root/" + std::to_string(number)));
    what.actors.back().mailbox.since_long_handler = 1s;
  }
  what.budgets.push_back({"memory", "bytes", 80, 100, "x.y"});
  const auto found = find_lints(what, 3);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found.front().rule, "budget");
}

} // namespace
} // namespace sandboxd::inspector
