#include "supervision/trace.hpp"
#include "supervision/trace_log.hpp"
#include "supervision/traced_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <typeinfo>
#include <utility>
#include <vector>

namespace sandboxd::supervision {

/// What a message of that name looks like to the trace.
struct some_message {};

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; // of the specification

TEST(trace_parent, is_read_as_the_specification_has_it) {
  const auto read = parse_trace_parent(parent);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_string(read->id), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(read->span, 0xb7ad6b7169203331u);
  EXPECT_TRUE(read->is_sampled);
  EXPECT_FALSE(parse_trace_parent(parent.substr(0, 53) + "00")->is_sampled);
  EXPECT_FALSE(parse_trace_parent(parent.substr(0, 53) + "fe")->is_sampled);
  EXPECT_TRUE(parse_trace_parent("cc" + parent.substr(2) + "-what-the-future-will-be-like"));
}

TEST(trace_parent, is_refused_where_the_specification_refuses_it) {
  for (const std::string header : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                                   "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                   "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                   "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                   "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
                                   "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what",
                                   "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                   "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01"})
    EXPECT_FALSE(parse_trace_parent(header)) << header;
}

trace_ptr some_trace() {
  return std::make_shared<trace>(traced_request{"r-1", "POST", "/api/execute", "127.0.0.1:1"},
                                 trace_context{{1, 2}, 3, 0}, true);
}

TEST(trace, tells_what_was_done_in_which_order_and_for_whom) {
  const auto one = some_trace();
  {
    const traced_work outer({one}, "outer", std::make_shared<const std::string>("/root/a"), 7, "echo");
    const traced_work inner(outer.origin(), "inner", nullptr);
    outer.end("exited with 0");
    outer.end("too late");
  }
  const auto seen = one->look();
  ASSERT_EQ(seen.spans.size(), 2u);
  EXPECT_EQ(shown_name(seen.spans[0]), "outer");
  EXPECT_EQ(seen.spans[0].parent, 1u);
  EXPECT_EQ(*seen.spans[0].path, "/root/a");
  EXPECT_EQ(seen.spans[0].process, 7);
  EXPECT_EQ(seen.spans[0].text, "exited with 0");
  EXPECT_EQ(seen.spans[1].parent, seen.spans[0].id);
  EXPECT_TRUE(seen.spans[1].end) << "its destruction ends it";
  EXPECT_TRUE(one->has_visited("/root/a"));
  EXPECT_FALSE(one->has_visited("/root"));
}

TEST(trace, names_a_message_by_the_last_part_of_its_type) {
  const auto one = some_trace();
  span message;
  message.is_message = true;
  message.name = typeid(some_message).name();
  one->begin(message);
  message.name = typeid(std::vector<some_message>).name();
  one->begin(message);
  EXPECT_EQ(shown_name(one->look().spans[0]), "some_message");
  EXPECT_EQ(shown_name(one->look().spans[1]), "vector");
}

TEST(trace, has_begun_when_its_first_byte_came) {
  const auto began = trace::clock::now() - 30s;
  const trace one({}, {}, true, began);
  EXPECT_EQ(one.look().began, began);
  const auto age = std::chrono::system_clock::now() - one.look().started;
  EXPECT_GE(age, 29s);
  EXPECT_LE(age, 40s);
}

TEST(trace, keeps_so_many_spans_and_counts_the_rest) {
  const auto one = some_trace();
  for (std::size_t count = 0; count < trace::most_spans + 3; ++count)
    one->end(one->begin({}), std::string(1000, 'x'));
  EXPECT_EQ(one->look().spans.size(), trace::most_spans);
  EXPECT_EQ(one->look().lost, 3u);
  EXPECT_EQ(one->look().spans.back().text.size(), trace::longest_text);
  EXPECT_EQ(one->begin({}), 1u) << "stands for the request itself";
}

TEST(trace, knows_for_how_long_the_client_has_taken_nothing) {
  const auto one = some_trace();
  EXPECT_FALSE(one->glance().client_stalls);
  one->waits_for_client(true);
  EXPECT_GE(*one->glance(trace::clock::now() + 5s).client_stalls, 5s);
  one->waits_for_client(false);
  EXPECT_FALSE(one->glance().client_stalls);
  one->waits_for_client(true);
  one->finish(200, 10, "complete");
  EXPECT_FALSE(one->glance().client_stalls) << "nobody waits any more";
}

TEST(trace_scope, holds_for_its_thread_until_its_end) {
  const auto one = some_trace();
  EXPECT_FALSE(current_origin());
  {
    const trace_scope here(one);
    EXPECT_EQ(current_origin().of, one);
    {
      const trace_scope nobody(trace_ptr{});
      EXPECT_FALSE(current_origin());
    }
    EXPECT_EQ(current_origin().of, one);
    std::thread([] { EXPECT_FALSE(current_origin()); }).join();
  }
  EXPECT_FALSE(current_origin());
}

TEST(traced_messages, are_found_once_by_their_address) {
  traced_messages all;
  const int element = 0;
  const int other = 0;
  EXPECT_FALSE(all.take(&element));
  all.expect({&element, {some_trace()}, {}});
  EXPECT_FALSE(all.take(&other));
  EXPECT_TRUE(all.take(&element));
  EXPECT_FALSE(all.take(&element));
}

TEST(traced_messages, are_no_more_than_so_many) {
  traced_messages all;
  std::vector<int> elements(traced_messages::most + 1);
  for (const auto& element : elements)
    all.expect({&element, {some_trace()}, {}});
  EXPECT_TRUE(all.take(&elements.front()));
  EXPECT_FALSE(all.take(&elements.back()));
}

TEST(trace_log, knows_requests_under_way_and_the_last_that_have_ended) {
  trace_log log;
  log.keep(2);
  std::vector<trace_ptr> made;
  for (const std::string id : {"a", "b", "c", "c"})
    made.push_back(log.begin({id, "GET", "/", ""}, {}, 10));
  EXPECT_THAT(log.open(), ElementsAre(made[0], made[1], made[2], made[3]));
  EXPECT_THAT(log.ended(), IsEmpty());
  for (const auto& one : made)
    log.finish(one, 200, 0, "complete");
  EXPECT_THAT(log.open(), IsEmpty());
  EXPECT_THAT(log.ended(), ElementsAre(made[3], made[2]));
  EXPECT_THAT(log.find(to_string(made[2]->context().id)), ElementsAre(made[2]));
  EXPECT_THAT(log.find("a"), IsEmpty());
  log.finish(made[2], 200, 0, "complete");
  EXPECT_EQ(log.ended().size(), 2u) << "once";
}

TEST(trace_log, tells_apart_the_requests_of_one_trace) {
  trace_log log;
  log.keep(10);
  std::vector<trace_ptr> made;
  for (int count = 0; count < 4; ++count)
    made.push_back(log.begin({"r", "GET", "/", ""}, parse_trace_parent(parent), 10));
  log.finish(made[0], 200, 0, "complete");
  log.finish(made[3], 200, 0, "complete");
  const auto newest_first = ElementsAre(made[2], made[1], made[3], made[0]); // those under way before others
  EXPECT_THAT(log.find("r"), newest_first);
  EXPECT_THAT(log.find("0af7651916cd43dd8448eb211c80319c"), newest_first);
  for (const auto& one : made)
    EXPECT_THAT(log.find(span_text(one->context().span)), ElementsAre(one));
}

TEST(trace_log, keeps_none_that_is_of_interest_to_nobody) {
  trace_log log;
  log.keep(10);
  log.finish(log.begin({}, {}, 10), 200, 0, "complete", trace_log::keeping::dropped);
  EXPECT_THAT(log.open(), IsEmpty());
  EXPECT_THAT(log.ended(), IsEmpty());
}

TEST(trace_log, forgets_one_whose_request_was_lost) {
  trace_log log;
  log.keep(10);
  static_cast<void>(log.begin({"lost", "GET", "/", ""}, {}, 10));
  EXPECT_THAT(log.open(), IsEmpty());
  EXPECT_THAT(log.find("lost"), IsEmpty());
}

TEST(trace_log, records_so_many_in_a_second_and_those_that_ask_for_it) {
  trace_log log;
  log.keep(10);
  std::string recorded;
  const auto began = trace::clock::now();
  for (const auto later : {0ms, 1ms, 2ms, 3ms, 999ms, 1000ms, 1001ms})
    recorded += log.begin({}, {}, 3, began + later)->records() ? '1' : '0';
  EXPECT_EQ(recorded, "1110011");
  EXPECT_FALSE(log.begin({}, {}, 0)->records());
  const auto asked = parse_trace_parent(parent);
  const auto made = log.begin({}, asked, 0);
  EXPECT_TRUE(made->records());
  EXPECT_EQ(to_string(made->context().id), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(made->look().context.parent, 0xb7ad6b7169203331u);
  const auto unrecorded = log.begin({"x", "GET", "/", ""}, {}, 0);
  EXPECT_THAT(log.find("x"), ElementsAre(unrecorded)) << "while it is under way";
  log.finish(unrecorded, 200, 0, "complete");
  EXPECT_THAT(log.find("x"), IsEmpty());
}

TEST(trace_log, begins_nothing_where_nothing_is_kept) {
  trace_log log;
  EXPECT_EQ(log.begin({}, parse_trace_parent(parent), 10), nullptr);
  log.finish(nullptr, 200, 0, "complete");
}

} // namespace
} // namespace sandboxd::supervision
