#include "supervision/journal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sandboxd::supervision {
namespace {

journal_event notice(std::string text) {
  journal_event event;
  event.path = "/root/x";
  event.text = std::move(text);
  return event;
}

std::vector<std::uint64_t> numbers(const std::vector<journal_event>& events) {
  std::vector<std::uint64_t> all;
  all.reserve(events.size());
  for (const auto& event : events)
    all.push_back(event.sequence);
  return all;
}

using sequence = std::vector<std::uint64_t>;

TEST(journal, numbers_its_events_from_one) {
  journal events;
  EXPECT_EQ(events.last_sequence(), 0u);
  events.append(notice("a"));
  events.append(notice("b"));
  EXPECT_EQ(numbers(events.read()), (sequence{1, 2}));
  EXPECT_EQ(events.read(1).front().text, "b");
  EXPECT_NE(events.read().front().time, std::chrono::system_clock::time_point{});
}

TEST(journal, keeps_the_last_ones_only) {
  journal events{3};
  for (auto count = 0; count < 5; ++count)
    events.append(notice("x"));
  EXPECT_EQ(numbers(events.read()), (sequence{3, 4, 5}));
  EXPECT_EQ(numbers(events.read(1)), (sequence{3, 4, 5}));
  EXPECT_EQ(numbers(events.read(4)), (sequence{5}));
  EXPECT_EQ(numbers(events.read(9)), sequence{});
  EXPECT_EQ(numbers(events.read(0, 2)), (sequence{3, 4}));
}

TEST(journal, wakes_a_subscriber_once_until_it_has_read_everything) {
  journal events;
  events.append(notice("before"));
  auto wakes = 0;
  auto subscription = events.subscribe([&] { ++wakes; });
  events.append(notice("1"));
  events.append(notice("2"));
  events.append(notice("3"));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(numbers(subscription.read(2)), (sequence{2, 3})) << "from the subscription on";
  events.append(notice("4"));
  EXPECT_EQ(wakes, 1) << "it has not read everything yet";
  EXPECT_EQ(numbers(subscription.read(2)), (sequence{4, 5}));
  events.append(notice("5"));
  EXPECT_EQ(wakes, 2);
}

TEST(journal, tells_a_slow_subscriber_what_it_missed) {
  journal events{2};
  auto subscription = events.subscribe([] {});
  for (auto count = 0; count < 5; ++count)
    events.append(notice("x"));
  EXPECT_EQ(numbers(subscription.read()), (sequence{4, 5}));
  EXPECT_EQ(subscription.missed(), 3u);
}

TEST(journal, forgets_a_subscriber_that_is_gone) {
  journal events;
  auto wakes = 0;
  {
    const auto subscription = events.subscribe([&] { ++wakes; });
  }
  events.append(notice("x"));
  EXPECT_EQ(wakes, 0);
}

TEST(journal, a_subscriber_may_read_while_it_is_woken) {
  journal events;
  journal::subscription* reader = nullptr;
  std::vector<journal_event> seen;
  auto subscription = events.subscribe([&] { seen = reader->read(); });
  reader = &subscription;
  events.append(notice("x"));
  EXPECT_EQ(seen.size(), 1u);
}

TEST(journal, shows_every_event_to_its_sink) {
  journal events{1};
  std::vector<std::string> lines;
  events.set_sink([&](const journal_event& event) { lines.push_back(to_string(event)); });
  events.append(notice("hello"));
  journal_event restart;
  restart.kind = event_kind::restarting;
  restart.path = "/root/http";
  restart.actor_kind = "http";
  restart.text = "failure: boom";
  restart.window_count = 2;
  restart.window_limit = 5;
  events.append(restart);
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "notice /root/x: hello",
                       "restarting /root/http (http), 2 of 5 restarts in the window: failure: boom",
                   }));
}

TEST(journal, holds_together_under_many_writers_and_a_reader) {
  journal events{64};
  std::atomic<bool> awake{false};
  auto subscription = events.subscribe([&] { awake = true; });
  constexpr std::uint64_t per_thread = 5000;
  std::vector<std::thread> writers;
  writers.reserve(3);
  for (auto writer = 0; writer < 3; ++writer)
    writers.emplace_back([&] {
      for (std::uint64_t count = 0; count < per_thread; ++count)
        events.append(notice("x"));
    });
  std::uint64_t seen = 0;
  std::uint64_t last = 0;
  const auto drain = [&] {
    for (const auto& event : subscription.read(16)) {
      ASSERT_GT(event.sequence, last);
      last = event.sequence;
      ++seen;
    }
  };
  while (last < 3 * per_thread)
    drain();
  for (auto& writer : writers)
    writer.join();
  EXPECT_TRUE(awake);
  EXPECT_EQ(seen + subscription.missed(), 3 * per_thread);
}

TEST(journal, goes_on_behind_the_numbers_of_those_before) {
  journal events(3);
  std::vector<journal_event> earlier(4);
  for (std::size_t i = 0; i < earlier.size(); ++i)
    earlier[i].sequence = 10 + 2 * i; // with gaps: what found no room was not kept
  events.restore(earlier);
  EXPECT_EQ(events.last_sequence(), 16u);
  EXPECT_EQ(numbers(events.read()), (sequence{12, 14, 16}));
  EXPECT_EQ(numbers(events.read(13)), (sequence{14, 16}));
  events.append({});
  EXPECT_EQ(numbers(events.read(14)), (sequence{16, 17}));
}

} // namespace
} // namespace sandboxd::supervision
