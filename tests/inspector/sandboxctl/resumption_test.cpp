#include "inspector/sandboxctl/resumption.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

/// Number and time of each event, the numbers ascending.
using events = std::vector<std::pair<std::uint64_t, std::string>>;

/// As the interface gives them, whatever the limit no more than `most` at once.
journal_source journal_of(const events& all, std::size_t most = 10'000) {
  return [all, most](std::uint64_t after, std::size_t limit) {
    const auto begin = all.empty() || after > all.back().first ? 0 : after;
    auto found = json::array();
    for (const auto& [number, time] : all)
      if (number > begin && found.size() < std::min(limit, most))
        found.push_back({{"sequence", number}, {"time", time}});
    return found;
  };
}

const journal_place seen{7, "18:00:07", "17:00"};
const std::string same = "17:00";
const std::string another = "19:00";

const std::string nothing_missed = "Connected again, nothing was missed";
const std::string overwritten =
    "Connected again, but events may have been missed: they were overwritten in the meantime";
const std::string another_has_begun =
    "Connected again, but another sandboxd has begun: the last events of the one before may be "
    "missing from its journal";

void expect(const std::string& daemon, const journal_source& journal, std::uint64_t after,
            const std::string& words) {
  const auto got = resume(seen, daemon, journal);
  EXPECT_EQ(got.after, after);
  EXPECT_EQ(got.words, words);
}

TEST(a_lost_connection, goes_on_where_it_was_with_the_same_daemon) {
  expect(same, journal_of({{6, "18:00:06"}, {7, "18:00:07"}, {8, "18:00:08"}}), 7, nothing_missed);
  expect(same, journal_of({{7, "18:00:07"}}), 7, nothing_missed);
}

TEST(a_lost_connection, tells_that_events_were_overwritten) {
  expect(same, journal_of({{12, "18:00:12"}, {13, "18:00:13"}}), 7, overwritten);
}

TEST(a_lost_connection, goes_on_where_it_was_with_a_daemon_that_has_the_whole_journal) {
  expect(another, journal_of({{6, "18:00:06"}, {7, "18:00:07"}, {8, "19:00:01"}}), 7, another_has_begun);
}

TEST(a_lost_connection, shows_nothing_twice_when_another_daemon_lacks_the_last_events) {
  // 6 and 7 were lost, and the numbers are those of other events.
  const events longer{{4, "18:00:04"}, {5, "18:00:05"}, {6, "19:00:01"}, {7, "19:00:02"}, {8, "19:00:03"}};
  expect(another, journal_of(longer), 5, another_has_begun);
  expect(same, journal_of(longer), 5, another_has_begun); // it does not tell when it began
  expect(another, journal_of({{4, "18:00:04"}, {5, "18:00:05"}, {6, "19:00:01"}}), 5, another_has_begun);
  expect(another, journal_of({{4, "18:00:04"}, {5, "18:00:05"}}), 5, another_has_begun);
  // Events of the very time were seen too: those behind 7 are lost with it.
  expect(another, journal_of({{5, "18:00:07"}, {6, "18:00:07"}, {7, "19:00:01"}}), 6, another_has_begun);
}

TEST(a_lost_connection, looks_through_all_pages_of_a_long_journal) {
  const events longer{{4, "18:00:04"}, {5, "18:00:05"}, {6, "19:00:01"}, {7, "19:00:02"}, {8, "19:00:03"}};
  for (const std::size_t most : {1u, 2u, 3u, 5u})
    expect(another, journal_of(longer, most), 5, another_has_begun);
}

TEST(a_lost_connection, shows_all_of_a_daemon_that_numbers_anew) {
  expect(another, journal_of({{1, "19:00:01"}, {2, "19:00:02"}}), 0, another_has_begun);
  expect(another, journal_of({{6, "19:00:06"}, {7, "19:00:07"}, {8, "19:00:08"}}), 0, another_has_begun);
  expect(another, journal_of({}), 0, another_has_begun);
}

TEST(a_lost_connection, leaves_it_to_the_stream_to_count_what_another_daemon_has_overwritten) {
  expect(another, journal_of({{12, "19:00:01"}, {13, "19:00:02"}}), 7, another_has_begun);
}

TEST(a_lost_connection, shows_nothing_twice_of_another_journal_with_higher_numbers) {
  expect(another, journal_of({{12, "18:00:06"}, {13, "19:00:02"}}), 12, another_has_begun);
}

TEST(a_lost_connection, begins_with_the_first_event_when_none_was_seen) {
  const auto got = resume({}, same, journal_of({{1, "18:00:01"}}));
  EXPECT_EQ(got.after, 0u);
  EXPECT_EQ(got.words, "Connected again");
}

} // namespace
} // namespace sandboxd::sandboxctl
