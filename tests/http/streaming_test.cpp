#include "http/json_document.hpp"
#include "http/output_events.hpp"
#include "http/paced_body.hpp"
#include "tests/http/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <new>
#include <random>
#include <string>
#include <utility>

namespace sandboxd::http {
namespace {

using actors::output_stream;
using testing::captured;
using testing::recording_stream;

std::string decoded(const std::string& content) {
  return nlohmann::json::parse('"' + content + '"').get<std::string>();
}

TEST(output_events, gives_bytes_as_they_come) {
  output_events events(1000);
  EXPECT_TRUE(events.empty());
  events.add(output_stream::out, "a");
  events.add(output_stream::out, "b\n");
  events.add(output_stream::err, "c");
  events.add(output_stream::out, "");
  auto event = events.next();
  EXPECT_EQ(event.stream, output_stream::out);
  EXPECT_EQ(event.data, "ab\\n") << "what waits together leaves together";
  EXPECT_EQ(event.taken, 3u);
  event = events.next();
  EXPECT_EQ(event.stream, output_stream::err);
  EXPECT_EQ(event.data, "c");
  EXPECT_TRUE(events.empty());
}

TEST(output_events, waits_for_the_rest_of_a_character_per_stream) {
  output_events events(1000);
  events.add(output_stream::out, "\xe2\x82");
  EXPECT_EQ(events.next().data, "");
  EXPECT_TRUE(events.empty());
  events.add(output_stream::err, "x");
  EXPECT_EQ(events.next().data, "x");
  events.add(output_stream::out, "\xac!");
  EXPECT_EQ(events.next().data, "\\u20ac!");
}

TEST(output_events, replaces_what_stays_incomplete) {
  output_events events(1000);
  events.add(output_stream::out, "a\xe2");
  events.add(output_stream::err, "\xf0\x9f");
  EXPECT_EQ(events.next().data, "a");
  EXPECT_EQ(events.next().data, "");
  EXPECT_TRUE(events.empty());
  events.end();
  ASSERT_FALSE(events.empty());
  auto event = events.next();
  EXPECT_EQ(event.stream, output_stream::out);
  EXPECT_EQ(event.data, "\\ufffd");
  event = events.next();
  EXPECT_EQ(event.stream, output_stream::err);
  EXPECT_EQ(event.data, "\\ufffd");
  EXPECT_TRUE(events.empty());
}

TEST(output_events, random_output_survives_any_cutting) {
  std::mt19937 random(4711);
  for (int round = 0; round < 500; ++round) {
    const std::size_t largest = 12 + random() % 100;
    output_events events(largest);
    std::string sent[2];
    std::string content[2];
    std::size_t taken = 0;
    const auto take = [&] {
      const auto event = events.next();
      EXPECT_LE(event.data.size(), largest);
      content[event.stream == output_stream::err] += decoded(event.data);
      taken += event.taken;
    };
    for (int i = 0; i < 60; ++i) {
      static const std::string scraps[] = {
          "text ", "\n", "é", "€", "😀", std::string(1, '\0'), std::string(70, 'y')};
      const bool err = random() % 3 == 0;
      const std::string& scrap = scraps[random() % std::size(scraps)];
      sent[err] += scrap;
      // A character may arrive cut, with the other stream's output between its parts.
      const std::size_t cut = random() % (scrap.size() + 1);
      const auto stream = err ? output_stream::err : output_stream::out;
      events.add(stream, std::string_view(scrap).substr(0, cut));
      if (random() % 2 == 0 && !events.empty())
        take();
      events.add(stream, std::string_view(scrap).substr(cut));
    }
    events.end();
    while (!events.empty())
      take();
    EXPECT_EQ(content[0], sent[0]);
    EXPECT_EQ(content[1], sent[1]);
    EXPECT_EQ(taken, sent[0].size() + sent[1].size());
  }
}

TEST(json_document, is_the_same_in_any_pieces) {
  launcher::capture_limits spills;
  spills.memory_bytes = 100;
  std::string output;
  for (int i = 0; i < 40'000; ++i)
    output += "é\"\n";
  for (const std::size_t most :
       {std::size_t{12}, std::size_t{100}, std::size_t{65'536}, std::size_t{10'000'000}}) {
    json_document document;
    document.raw("{\"out\":\"");
    document.text({captured(output, spills), output.size() - 1, " [mark]"});
    document.raw("\",\"err\":\"");
    document.text({captured("\xff"), 1, ""});
    document.raw("\"}");
    std::string whole;
    while (!document.done()) {
      const std::string piece = document.next(most);
      EXPECT_FALSE(piece.empty());
      EXPECT_LE(piece.size(), most + 32) << "only the parts of our own may exceed the bound";
      whole += piece;
    }
    const auto parsed = nlohmann::json::parse(whole);
    EXPECT_EQ(parsed["out"], output.substr(0, output.size() - 1) + " [mark]");
    EXPECT_EQ(parsed["err"], "\ufffd");
  }
}

/// Gives pieces of ten bytes with a credit of one each, `left` of them.
struct counting_source {
  int left = 0;
  bool ends = true;
  int asked = 0;

  body_piece operator()() {
    ++asked;
    if (left == 0)
      return {};
    --left;
    return {std::string(10, 'x'), 1, ends && left == 0};
  }
};

TEST(paced_body, never_has_more_than_the_window_waiting) {
  auto stream = std::make_shared<recording_stream>();
  auto source = std::make_shared<counting_source>();
  source->left = 100;
  std::size_t credit = 0;
  auto body = paced_body::start(
      stream, 35, 10, [source] { return (*source)(); }, [&](std::size_t n) { credit += n; });
  body->pump();
  EXPECT_EQ(stream->undrained, 30u);
  stream->drain(4);
  EXPECT_EQ(stream->undrained, 26u) << "no room for a whole piece yet";
  EXPECT_EQ(credit, 0u) << "half a piece is no piece";
  stream->drain(6);
  EXPECT_EQ(credit, 1u);
  EXPECT_EQ(stream->undrained, 30u);
  stream->drain_all();
  EXPECT_EQ(stream->most_undrained, 30u);
  EXPECT_EQ(stream->body.size(), 1000u);
  EXPECT_TRUE(stream->finished);
  EXPECT_EQ(credit, 100u);
}

TEST(paced_body, sends_a_piece_larger_than_the_window_alone) {
  auto stream = std::make_shared<recording_stream>();
  auto source = std::make_shared<counting_source>();
  source->left = 3;
  paced_body::start(stream, 5, 10, [source] { return (*source)(); })->pump();
  EXPECT_EQ(stream->pieces.size(), 1u);
  stream->drain(10);
  EXPECT_EQ(stream->pieces.size(), 2u);
  stream->close();
}

TEST(paced_body, asks_again_when_told_of_news) {
  auto stream = std::make_shared<recording_stream>();
  auto source = std::make_shared<counting_source>();
  source->ends = false;
  auto body = paced_body::start(stream, 100, 10, [source] { return (*source)(); });
  body->pump();
  EXPECT_TRUE(stream->pieces.empty());
  source->left = 1;
  body->pump();
  EXPECT_EQ(stream->pieces.size(), 1u);
  EXPECT_FALSE(stream->finished);
  stream->close();
}

TEST(paced_body, stops_when_the_client_is_gone_and_frees_everything) {
  auto stream = std::make_shared<recording_stream>();
  auto source = std::make_shared<counting_source>();
  source->left = 100;
  int closed = 0;
  std::weak_ptr<paced_body> weak;
  {
    auto body = paced_body::start(
        stream, 30, 10, [source] { return (*source)(); }, nullptr, [&] { ++closed; });
    weak = body;
    body->pump();
  }
  EXPECT_FALSE(weak.expired()) << "the stream keeps it";
  const int asked = source->asked;
  stream->close();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(source->asked, asked);
  EXPECT_EQ(stream.use_count(), 1) << "nobody else holds the stream";
  stream.reset();
  EXPECT_TRUE(weak.expired());
}

TEST(paced_body, cuts_the_stream_and_tells_when_the_source_throws) {
  auto stream = std::make_shared<recording_stream>();
  const std::weak_ptr<recording_stream> watched = stream;
  int closed = 0;
  auto body = paced_body::start(
      std::move(stream), 100, 10, []() -> body_piece { throw std::bad_alloc(); }, nullptr, [&] { ++closed; });
  EXPECT_THROW(body->pump(), std::bad_alloc);
  EXPECT_EQ(closed, 1);
  EXPECT_TRUE(watched.expired()) << "dropped unfinished, so that the client sees the body as incomplete";
  body->pump(); // nothing is left to do
  EXPECT_EQ(closed, 1);
}

TEST(paced_body, is_freed_after_the_end) {
  auto stream = std::make_shared<recording_stream>();
  auto source = std::make_shared<counting_source>();
  source->left = 2;
  int closed = 0;
  paced_body::start(
      stream, 100, 10, [source] { return (*source)(); }, nullptr, [&] { ++closed; })
      ->pump();
  EXPECT_TRUE(stream->finished);
  stream->close();
  EXPECT_EQ(closed, 0) << "the end was told already";
  EXPECT_EQ(stream.use_count(), 1);
}

} // namespace
} // namespace sandboxd::http
