#include "actors/process_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::actors {
namespace {

using ::testing::ElementsAre;
using outcome = process_table::outcome;

tracked_process_ptr make(const std::string& id, const std::string& session = "s") {
  process_record record;
  record.id = id;
  record.session = session;
  return std::make_shared<tracked_process>(std::move(record), launcher::ring_limits{});
}

void finish(const tracked_process_ptr& process) {
  process->finish(process_status::completed, 0, {});
}

std::vector<std::string> ids(const process_table& table, const std::string* session = nullptr) {
  std::vector<std::string> found;
  for (const auto& one : table.all(session))
    found.push_back(one->id());
  return found;
}

class process_table_test : public ::testing::Test {
protected:
  process_table table;
  process_table::processes dropped;
};

TEST_F(process_table_test, finds_processes_by_id_and_session) {
  for (const auto& one : {make("a"), make("b", "other"), make("c")})
    EXPECT_EQ(table.enter(one, 10, 10, dropped), outcome::entered);
  EXPECT_THAT(ids(table), ElementsAre("a", "b", "c"));
  const std::string other = "other";
  EXPECT_THAT(ids(table, &other), ElementsAre("b"));
  EXPECT_EQ(table.find("b")->session(), "other");
  EXPECT_EQ(table.find("none"), nullptr);
}

TEST_F(process_table_test, replaces_a_finished_process_of_the_same_id_only) {
  const auto first = make("a");
  table.enter(first, 10, 10, dropped);
  EXPECT_EQ(table.enter(make("a"), 10, 10, dropped), outcome::id_in_use);
  finish(first);
  const auto second = make("a");
  EXPECT_EQ(table.enter(second, 10, 10, dropped), outcome::entered);
  EXPECT_EQ(table.find("a"), second);
  EXPECT_THAT(dropped, ElementsAre(first));
  EXPECT_THAT(ids(table), ElementsAre("a"));
}

TEST_F(process_table_test, bounds_those_that_live_and_forgets_the_oldest_of_the_others) {
  std::vector<tracked_process_ptr> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(make(std::to_string(i)));
    table.enter(made.back(), 5, 2, dropped);
  }
  EXPECT_EQ(table.enter(make("x"), 5, 2, dropped), outcome::full);
  for (const int i : {1, 3, 4})
    finish(made[static_cast<std::size_t>(i)]);
  EXPECT_EQ(table.enter(make("y"), 5, 2, dropped), outcome::entered);
  EXPECT_THAT(ids(table), ElementsAre("0", "2", "3", "4", "y"));
  EXPECT_THAT(dropped, ElementsAre(made[1]));
}

TEST(tracked_process, ends_once) {
  const auto process = make("a");
  process->run(7);
  process->finish(process_status::killed, 143, process_record::time(std::chrono::seconds(1)));
  process->finish(process_status::error, std::nullopt, process_record::time(std::chrono::seconds(2)));
  const auto record = process->record();
  EXPECT_EQ(record.status, process_status::killed);
  EXPECT_EQ(record.exit_code, 143);
  EXPECT_EQ(record.end_time, process_record::time(std::chrono::seconds(1)));
  EXPECT_TRUE(process->log.closed());
}

} // namespace
} // namespace sandboxd::actors
