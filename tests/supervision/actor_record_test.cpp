#include "supervision/actor_record.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const supervisor_figures> restarted_at(actor_record::clock::time_point when) {
  auto figures = std::make_shared<supervisor_figures>();
  figures->restarts = restart_window{5, 10s};
  figures->restarts.add(when);
  return figures;
}

TEST(actor_record, is_conspicuous_while_a_message_waits) {
  actor_record record("/root/a");
  const auto now = actor_record::clock::now();
  EXPECT_FALSE(record.is_conspicuous(now));
  record.mailbox().on_enqueue(now);
  EXPECT_TRUE(record.is_conspicuous(now));
  record.mailbox().on_handled(1us);
  EXPECT_FALSE(record.is_conspicuous(now));
}

TEST(actor_record, is_conspicuous_once_a_handler_took_long) {
  actor_record record("/root/a");
  const auto now = actor_record::clock::now();
  record.mailbox().on_long_handler(now);
  EXPECT_TRUE(record.is_conspicuous(now));
}

TEST(actor_record, is_conspicuous_as_long_as_a_restart_counts) {
  actor_record record("/root");
  const auto now = actor_record::clock::now();
  record.supervisor(std::make_shared<supervisor_figures>());
  EXPECT_FALSE(record.is_conspicuous(now));
  record.supervisor(restarted_at(now));
  EXPECT_TRUE(record.is_conspicuous(now + 9s));
  EXPECT_FALSE(record.is_conspicuous(now + 11s));
}

TEST(actor_record, is_conspicuous_while_a_restart_is_due) {
  actor_record record("/root/a");
  record.restart_due(std::chrono::system_clock::now());
  EXPECT_TRUE(record.is_conspicuous());
  record.restart_due({});
  EXPECT_FALSE(record.is_conspicuous());
}

} // namespace
} // namespace sandboxd::supervision
