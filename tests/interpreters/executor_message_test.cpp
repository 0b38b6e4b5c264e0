#include "interpreters/executor_message.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <variant>

namespace sandboxd::interpreters {
namespace {

using nlohmann::json;

TEST(executor_message, tells_how_to_configure) {
  configure_executor order;
  order.directory = "/w";
  order.fallback_directory = "/f";
  order.environment = {{"A", "1"}, {"B", std::nullopt}};
  order.variables = R"({"x":[1]})";
  order.result_limit = 7;
  EXPECT_EQ(json::parse(to_text(order)), json::parse(R"({"type":"configure","cwd":"/w","fallback_cwd":"/f",
    "environment":{"A":"1","B":null},"variables":{"x":[1]},"result_limit":7})"));
}

TEST(executor_message, tells_what_to_run) {
  EXPECT_EQ(json::parse(to_text(run_cell{"1\n\"\xc3\xa9", {{"A", "1"}}, "", ""})),
            json::parse(R"({"type":"run","code":"1\n\"é","environment":{"A":"1"}})"));
  EXPECT_EQ(json::parse(to_text(run_cell{"1", {}, R"({"version":3})", ""})),
            json::parse(R"({"type":"run","code":"1","environment":{},"map":{"version":3}})"));
  EXPECT_EQ(json::parse(to_text(run_cell{"", {}, "", R"({"message":"m"})"})),
            json::parse(R"({"type":"run","code":"","environment":{},"problem":{"message":"m"}})"));
}

TEST(executor_message, understands_every_event) {
  EXPECT_EQ(std::get<executor_ready>(*parse_executor_event(R"({"type":"ready","version":"v18"})")).version,
            "v18");
  EXPECT_TRUE(std::holds_alternative<executor_running>(*parse_executor_event(R"({"type":"running"})")));
  EXPECT_TRUE(
      std::holds_alternative<executor_synchronizes>(*parse_executor_event(R"({"type":"synchronize"})")));
  const auto complete =
      std::get<executor_outcome>(*parse_executor_event(R"({"type":"complete","execution_count":3})"));
  EXPECT_FALSE(complete.error);
  EXPECT_EQ(complete.execution_count, 3u);
  const auto failed = std::get<executor_outcome>(*parse_executor_event(
      R"({"type":"error","ename":"E","evalue":"v","traceback":["a","b"],"lineNumber":2,"execution_count":4})"));
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->name, "E");
  EXPECT_EQ(failed.error->text, "v");
  EXPECT_EQ(failed.error->traceback, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(failed.error->line, 2);
}

TEST(executor_message, understands_results) {
  const auto event = std::get<executor_result>(*parse_executor_event(
      R"({"type":"result","kind":"update","display_id":"d","metadata":{"m":1},"data":{"image/png":"AA=="}})"));
  EXPECT_TRUE(event.shown.is_update);
  EXPECT_TRUE(event.waits);
  EXPECT_EQ(event.shown.display_id, "d");
  EXPECT_EQ(event.shown.metadata, R"({"m":1})");
  ASSERT_EQ(event.shown.formats.size(), 1u);
  EXPECT_EQ(event.shown.formats[0].name, "png");
}

TEST(executor_message, knows_who_waits_and_what_is_to_be_repeated) {
  EXPECT_FALSE(std::get<executor_result>(
                   *parse_executor_event(R"({"type":"result","kind":"value","data":{"text/plain":"1"}})"))
                   .waits);
  EXPECT_FALSE(std::get<executor_ready>(*parse_executor_event(R"({"type":"ready"})")).repeat_interrupts);
  EXPECT_TRUE(std::get<executor_ready>(*parse_executor_event(R"({"type":"ready","repeat_interrupts":true})"))
                  .repeat_interrupts);
}

TEST(executor_message, takes_nothing_else_for_an_event) {
  for (const auto* text :
       {"", "x", "1", "[]", "{}", R"({"type":7})", R"({"type":"other"})", R"({"type":"result"})",
        R"({"type":"result","data":{}})", R"({"type":"result","data":[]})", "{\"type\":\"ready\"",
        "{\"type\":\"ready\"}\x01"})
    EXPECT_FALSE(parse_executor_event(text)) << text;
}

TEST(executor_message, survives_absurd_nesting) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(parse_executor_event(deep));
  const auto text =
      R"({"type":"result","data":{"application/json":)" + deep + std::string(100'000, ']') + "}}";
  EXPECT_TRUE(parse_executor_event(text));
}

} // namespace
} // namespace sandboxd::interpreters
