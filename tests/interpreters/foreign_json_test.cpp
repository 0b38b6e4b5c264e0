#include "interpreters/foreign_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sandboxd::interpreters {
namespace {

using nlohmann::json;

TEST(foreign_json, takes_an_object_apart) {
  const auto tree = take_apart(" { \"a\" : [ 1 , {} , { \"b\" : null , \"c\" : [ ] } ] ,\n \"d\" : \"x\" } ");
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->members.size(), 2u);
  EXPECT_EQ(tree->members.at("a").text, R"([1,{},{"b":null,"c":[]}])");
  EXPECT_EQ(tree->members.at("a").values, 6u);
  EXPECT_EQ(tree->members.at("d").text, R"("x")");
  EXPECT_EQ(tree->members.at("d").values, 1u);
}

TEST(foreign_json, opens_a_member) {
  const auto tree = take_apart(R"({"x":1,"data":{"data":{"data":2},"y":[3]},"z":4})", "data");
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->members.size(), 2u);
  EXPECT_EQ(tree->members.at("x").text, "1");
  EXPECT_EQ(tree->members.at("z").text, "4");
  ASSERT_EQ(tree->opened.size(), 2u);
  EXPECT_EQ(tree->opened.at("data").text, R"({"data":2})");
  EXPECT_EQ(tree->opened.at("y").text, "[3]");
  EXPECT_EQ(take_apart(R"({"data":[{"y":1}]})", "data")->members.at("data").text, R"([{"y":1}])");
}

TEST(foreign_json, takes_the_last_of_members_with_one_name) {
  EXPECT_EQ(take_apart(R"({"a":[1],"a":2})")->members.at("a").text, "2");
  EXPECT_EQ(take_apart(R"({"a":[1],"a":2})")->members.at("a").values, 1u);
  auto tree = take_apart(R"({"d":{"a":1},"d":{"b":1,"b":2}})", "d");
  EXPECT_FALSE(tree->opened.contains("a"));
  EXPECT_EQ(tree->opened.at("b").text, "2");
  EXPECT_TRUE(take_apart(R"({"d":{"a":1},"d":2})", "d")->opened.empty());
  EXPECT_TRUE(take_apart(R"({"d":2,"d":{"a":1}})", "d")->members.empty());
}

TEST(foreign_json, keeps_every_value) {
  for (const auto* value : {"null", "true", "false", "0", "-1", "18446744073709551615",
                            "-9223372036854775808", "1.50", "1e5", "123456789012345678901234567890", R"("")",
                            R"("a\"\\\n\u0001")", "[]", "{}", "[[],[]]", R"({"":[{"a":{}}]})"}) {
    const auto tree = take_apart(R"({"v":)" + std::string(value) + "}");
    ASSERT_TRUE(tree) << value;
    EXPECT_EQ(tree->members.at("v").text, value);
  }
}

TEST(foreign_json, is_ascii_on_one_line) {
  EXPECT_EQ(
      take_apart("{\"v\":{\"\xc3\xa9\":[\n\"\xf0\x9f\x98\x80\",\r\n\t\"\x7f\"]}}")->members.at("v").text,
      R"({"\u00e9":["\ud83d\ude00","\u007f"]})");
}

TEST(foreign_json, takes_nothing_else_apart) {
  for (const auto* text : {"",
                           " ",
                           "1",
                           "null",
                           "\"a\"",
                           "[]",
                           "[{}]",
                           "{",
                           "}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\":1}}",
                           "{\"a\":1} 2",
                           "{\"a\":1e999}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":NaN}",
                           "{\"a\":01}",
                           "{\"a\":[1}",
                           "{a:1}"})
    EXPECT_FALSE(take_apart(text)) << text;
}

TEST(foreign_json, leaves_out_what_is_too_deep) {
  // The object is the first of 1,024 levels.
  const std::string before = R"({"a":)" + std::string(1'023, '[');
  const std::string after = std::string(1'023, ']') + "}";
  EXPECT_EQ(take_apart(before + "1" + after)->members.at("a").text,
            before.substr(5) + "1" + after.substr(0, 1'023));
  EXPECT_EQ(take_apart(before + R"(1,[2,[3],{"k":"s"}],4)" + after)->members.at("a").text,
            before.substr(5) + "1,4" + after.substr(0, 1'023));
  EXPECT_EQ(take_apart(before + R"({"k":[1]})" + after)->members.at("a").text,
            before.substr(5) + after.substr(0, 1'023));
  EXPECT_FALSE(take_apart(before + "[" + after));
}

TEST(foreign_json, keeps_a_thousand_members) {
  json many = {{"z", "one of the first"}};
  for (int i = 0; i < 2000; ++i)
    many[std::to_string(i)] = {{"n", {i}}};
  many["opened"] = many;
  const auto whole = take_apart(many.dump(), "opened");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->members.size(), 1024u);
  EXPECT_EQ(whole->opened.size(), 1024u);
  EXPECT_EQ(whole->members.at("1000").text, R"({"n":[1000]})");
}

TEST(foreign_json, reads_members) {
  const auto members = take_apart(R"({"s":"\u00e9","n":1,"o":{"a":[1]},"large":[)" +
                                  [] {
                                    std::string zeros;
                                    for (std::size_t i = 0; i < most_values; ++i)
                                      zeros += "0,";
                                    return zeros;
                                  }() +
                                  "0]}")
                           ->members;
  EXPECT_EQ(string_in(members, "s"), "\xc3\xa9");
  EXPECT_EQ(string_in(members, "n"), "");
  EXPECT_EQ(string_in(members, "none"), "");
  EXPECT_EQ(object_in(members, "o"), R"({"a":[1]})");
  EXPECT_EQ(object_in(members, "s"), "");
  EXPECT_EQ(object_in(members, "none"), "");
  EXPECT_EQ(tree_in(members, "o"), json::parse(R"({"a":[1]})"));
  EXPECT_EQ(tree_in(members, "none"), nullptr);
  EXPECT_EQ(tree_in(members, "large"), nullptr);
}

} // namespace
} // namespace sandboxd::interpreters
