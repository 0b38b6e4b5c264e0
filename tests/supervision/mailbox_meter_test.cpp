#include "supervision/mailbox_meter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;
using time_point = mailbox_meter::clock::time_point;

const time_point start = mailbox_meter::clock::now();

TEST(mailbox_meter, begins_empty) {
  const mailbox_meter meter;
  const auto view = meter.figures(start);
  EXPECT_EQ(view.received, 0u);
  EXPECT_EQ(view.depth, 0u);
  EXPECT_EQ(view.oldest_age, 0us);
}

TEST(mailbox_meter, counts_what_comes_and_goes) {
  mailbox_meter meter;
  for (auto message = 0; message < 5; ++message)
    meter.on_enqueue(start);
  meter.on_handled(1us);
  meter.on_handled(3us);
  const auto view = meter.figures(start);
  EXPECT_EQ(view.received, 5u);
  EXPECT_EQ(view.handled, 2u);
  EXPECT_EQ(view.depth, 3u);
  EXPECT_EQ(view.depth_high_water, 5u);
  EXPECT_EQ(view.handling_total, 4us);
  EXPECT_EQ(view.handling_max, 3us);
}

TEST(mailbox_meter, sorts_handling_times_by_powers_of_two_microseconds) {
  mailbox_meter meter;
  for (const auto duration : {999ns, 1000ns, 1999ns, 2000ns, 3999ns})
    meter.on_handled(duration);
  meter.on_handled(1h);
  const auto view = meter.figures(start).handling_histogram;
  EXPECT_EQ(view[0], 1u);
  EXPECT_EQ(view[1], 2u);
  EXPECT_EQ(view[2], 2u);
  EXPECT_EQ(view.back(), 1u);
}

TEST(mailbox_meter, knows_when_a_handler_last_took_long) {
  mailbox_meter meter;
  const auto begin = mailbox_meter::clock::now();
  EXPECT_FALSE(meter.figures(begin).since_long_handler);
  meter.on_long_handler(begin);
  EXPECT_EQ(meter.figures(begin + 2s).since_long_handler, 2s);
}

TEST(mailbox_meter, sorts_waiting_times_of_the_messages_that_are_taken) {
  mailbox_meter meter;
  meter.on_enqueue(start);
  meter.on_enqueue(start + 3us);
  meter.on_taken(start + 5us); // the first has waited for 5 us
  meter.on_taken(start + 6us); // which says nothing new
  meter.on_handled(2us);
  meter.on_taken(start + 1003us); // the second for 1000
  meter.on_handled(2us);
  const auto view = meter.figures(start).waiting_histogram;
  EXPECT_EQ(view[3], 1u);
  EXPECT_EQ(view[10], 1u);
  EXPECT_EQ(std::accumulate(view.begin(), view.end(), std::uint64_t{0}), 2u);
}

TEST(mailbox_meter, knows_the_waiting_time_of_each_message_of_a_short_queue) {
  mailbox_meter meter;
  for (auto round = 0; round < 1000; ++round) {
    const auto now = start + round * 100us;
    meter.on_enqueue(now);
    meter.on_enqueue(now);
    for (auto message = 0; message < 2; ++message) {
      meter.on_taken(now + 20us);
      meter.on_handled(1us);
    }
  }
  EXPECT_EQ(meter.figures(start).waiting_histogram[5], 2000u);
}

TEST(mailbox_meter, tells_the_age_of_the_oldest_message_exactly_in_a_short_queue) {
  mailbox_meter meter;
  std::deque<time_point> arrivals;
  std::mt19937 random{3};
  auto now = start;
  for (auto step = 0; step < 20000; ++step) {
    now += std::chrono::microseconds{std::uniform_int_distribution{0, 900}(random)};
    const bool arrives =
        arrivals.empty() || (arrivals.size() < 32 && std::uniform_int_distribution{0, 1}(random) == 0);
    if (arrives) {
      meter.on_enqueue(now);
      arrivals.push_back(now);
    } else {
      meter.on_handled(1us);
      arrivals.pop_front();
    }
    const auto age = meter.figures(now).oldest_age;
    const auto expected = arrivals.empty() ? 0ns : now - arrivals.front();
    ASSERT_LE(std::chrono::abs(age - expected), 1us) << "step " << step; // stamps are whole microseconds
  }
}

TEST(mailbox_meter, comes_close_to_the_age_of_the_oldest_message_in_a_long_queue) {
  mailbox_meter meter;
  std::deque<time_point> arrivals;
  auto now = start;
  for (auto message = 0; message < 1000; ++message, now += 10us) {
    meter.on_enqueue(now);
    arrivals.push_back(now);
  }
  // A thousand wait all the time, so the oldest is 10 ms old; one in about 30 has a stamp.
  for (auto step = 0; step < 5000; ++step, now += 10us) {
    meter.on_handled(1us);
    arrivals.pop_front();
    meter.on_enqueue(now);
    arrivals.push_back(now);
    const auto age = meter.figures(now).oldest_age;
    if (step > 2000) { // the stamps have spread
      ASSERT_LE(std::chrono::abs(age - (now - arrivals.front())), 1ms) << "step " << step;
    }
  }
}

TEST(mailbox_meter, a_message_that_arrives_after_the_readers_now_has_no_age) {
  mailbox_meter meter;
  meter.on_enqueue(start + 4ms); // the kernel's tick was later than the reader's look at the clock
  EXPECT_EQ(meter.figures(start).oldest_age, 0us);
}

TEST(mailbox_meter, a_handled_message_lends_its_age_to_none_that_waits) {
  mailbox_meter meter;
  std::deque<time_point> arrivals;
  auto now = start;
  for (auto message = 0; message < 300; ++message, now += 1s) { // too many for each to have a stamp
    meter.on_enqueue(now);
    arrivals.push_back(now);
  }
  for (; arrivals.size() > 1; arrivals.pop_front()) {
    ASSERT_LE(meter.figures(now).oldest_age, now - arrivals.front() + 1us) << arrivals.size() << " wait";
    meter.on_handled(1us);
  }
}

TEST(mailbox_meter, loses_nothing_when_many_threads_send) {
  mailbox_meter meter;
  constexpr auto per_thread = 20000;
  std::vector<std::thread> senders;
  senders.reserve(4);
  for (auto sender = 0; sender < 4; ++sender)
    senders.emplace_back([&meter] {
      for (auto message = 0; message < per_thread; ++message)
        meter.on_enqueue(mailbox_meter::clock::now());
    });
  for (auto message = 0; message < per_thread; ++message) {
    meter.on_handled(1ns);
    static_cast<void>(meter.figures(mailbox_meter::clock::now()));
  }
  for (auto& sender : senders)
    sender.join();
  const auto view = meter.figures(mailbox_meter::clock::now());
  EXPECT_EQ(view.received, 4u * per_thread);
  EXPECT_EQ(view.depth, 3u * per_thread);
}

} // namespace
} // namespace sandboxd::supervision
