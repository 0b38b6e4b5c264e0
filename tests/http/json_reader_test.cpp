#include "http/json_fields.hpp"
#include "http/json_reader.hpp"
#include "http/quick_json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using nlohmann::ordered_json;

json_tree tree(const std::string& text, json_limits limits = {}) {
  auto parsed = read_json(text, limits);
  return std::holds_alternative<json_tree>(parsed) ? std::get<json_tree>(parsed) : nullptr;
}

json_error error(const std::string& text, json_limits limits = {}) {
  auto parsed = read_json(text, limits);
  return std::holds_alternative<json_error>(parsed) ? std::get<json_error>(parsed) : json_error{};
}

TEST(json_reader, builds_what_nlohmann_builds) {
  const std::string text =
      R"({"z":1,"a":[true,null,-5,18446744073709551615,1.5e3,"x\u00e9\ud83d\ude00"],"m":{"k":{}},"e":[],"":""})";
  const json_tree parsed = tree(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, ordered_json::parse(text));
  EXPECT_EQ(parsed->dump(), ordered_json::parse(text).dump()) << "keys keep their order";
}

TEST(json_reader, takes_any_value_as_a_document) {
  for (const char* text : {"1", "\"s\"", "null", "[]", " {} "})
    EXPECT_TRUE(tree(text)) << text;
}

struct refusal {
  std::string_view text;
  json_error::reason why;
  const char* field;
  const char* message;
};

TEST(json_reader, names_the_field_and_the_fault) {
  json_limits limits;
  limits.max_depth = 3;
  limits.max_values = 6;
  const refusal refusals[] = {
      {"", json_error::reason::syntax, "body", "Invalid JSON at byte 1"},
      {"not json", json_error::reason::syntax, "body", "Invalid JSON at byte 2"},
      {"{} x", json_error::reason::syntax, "body", "Invalid JSON at byte 4"},
      {std::string_view("{}\0{}", 5), json_error::reason::syntax, "body", "Invalid JSON at byte 3"},
      {R"({"command":})", json_error::reason::syntax, "command", "Invalid JSON at byte 12"},
      {R"({"command":"a)", json_error::reason::syntax, "command", "Invalid JSON at byte 14"},
      {"{\"command\":\"a\xff\"}", json_error::reason::refused, "command", "Invalid UTF-8 at byte 14"},
      {"{\"env\":{\"A\":\"\xc3\"}}", json_error::reason::refused, "env.A", "Invalid UTF-8 at byte 15"},
      {R"({"timeoutMs":1e999})", json_error::reason::refused, "timeoutMs", "Number out of range at byte 18"},
      {R"({"a":{"b":[[]]}})", json_error::reason::refused, "a.b", "Nested deeper than 3 levels"},
      {R"([[[[)", json_error::reason::refused, "body", "Nested deeper than 3 levels"},
      {R"({"id":"x","id":"y"})", json_error::reason::refused, "id", "Key given twice"},
      {R"({"env":{"A":"1","B":"2","A":"3"}})", json_error::reason::refused, "env.A", "Key given twice"},
      {R"([1,2,3,4,5,6])", json_error::reason::refused, "body", "More than 6 values"},
  };
  for (const refusal& r : refusals) {
    const json_error found = error(std::string(r.text), limits);
    EXPECT_EQ(found.why, r.why) << r.text;
    EXPECT_EQ(found.field, r.field) << r.text;
    EXPECT_EQ(found.message, r.message) << r.text;
  }
}

/// HTTP.md 1.4: JavaScript writes half a surrogate pair as an escape.
TEST(json_reader, takes_lone_surrogates_for_replacement_characters) {
  const std::pair<const char*, const char*> texts[] = {
      {R"("\ud800")", "\ufffd"},
      {R"("a\uDFFFb")", "a\ufffdb"},
      {R"("\ud83d\ud83d\ude00")", "\ufffd\U0001F600"},
      {R"("\ude00\ud83d")", "\ufffd\ufffd"},
      {R"("\ud83d\ude00")", "\U0001F600"},
      {R"("\\ud800")", "\\ud800"},
      {R"("\\\ud800\n")", "\\\ufffd\n"},
      {R"("\ud800\u0041")", "\ufffdA"},
  };
  for (const auto& [text, wanted] : texts) {
    const json_tree parsed = tree(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->get<std::string>(), wanted) << text;
    const json_tree in_array = tree("[" + std::string(text) + "]"); // a lone string is not read quickly
    EXPECT_EQ(in_array->at(0).get<std::string>(), wanted) << text;
  }
  EXPECT_EQ(error(R"("\ud80")").why, json_error::reason::syntax);
}

class random_json {
public:
  explicit random_json(unsigned seed) : random_(seed) {}

  ordered_json value(int depth) {
    switch (pick(depth > 0 ? 9 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return pick(2) == 0;
    case 2:
      return static_cast<std::int64_t>(bits()) >> pick(63);
    case 3:
      return bits() >> pick(63);
    case 4:
      return std::ldexp(static_cast<double>(bits()), static_cast<int>(pick(1900)) - 1000);
    case 5:
      return text();
    default:
      return container(depth);
    }
  }

private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  std::uint64_t bits() { return random_(); }

  std::string text() {
    const std::vector<std::string> pieces{
        "a",      "\"",     "\\",         "\n", std::string(1, '\0'), "\x1f",
        "\u00e9", "\u20ac", "\U0001F600", "/",  std::string(100, 'x')};
    std::string made;
    for (std::size_t i = pick(12); i > 0; --i)
      made += pieces[pick(pieces.size())];
    return made;
  }

  ordered_json container(int depth) {
    const bool is_object = pick(2) == 0;
    auto made = is_object ? ordered_json::object() : ordered_json::array();
    for (std::size_t i = pick(5); i > 0; --i)
      if (is_object)
        made[text() + std::to_string(i)] = value(depth - 1);
      else
        made.push_back(value(depth - 1));
    return made;
  }

  std::mt19937_64 random_;
};

TEST(json_reader, reads_documents_quickly_as_nlohmann_does) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    const auto document = random_json(seed).value(5);
    const bool is_ascii = seed % 2 == 0;
    const auto text = document.dump(-1, ' ', is_ascii);
    const auto quick = read_json_quickly(text, {});
    ASSERT_EQ(quick.has_value(), document.is_structured()) << text;
    const json_tree read = quick ? std::get<json_tree>(*quick) : tree(text);
    EXPECT_EQ(*read, document) << text;
    EXPECT_EQ(read->dump(), ordered_json::parse(text).dump()) << "types of numbers and order of keys";
  }
}

TEST(json_reader, accepts_nothing_quickly_that_is_no_json) {
  std::mt19937 random(1);
  int accepted = 0;
  int damaged = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    auto text = random_json(seed).value(3).dump();
    for (auto faults = random() % 3; faults > 0; --faults) {
      constexpr std::string_view letters = "{}[]\",:\\ 0-e.tnu\x01\xff";
      const auto at = random() % text.size();
      const auto letter = std::string(1, letters[random() % letters.size()]);
      text = text.substr(0, at) + letter + text.substr(at + random() % 2);
    }
    const auto wanted = ordered_json::parse(text, nullptr, false);
    if (wanted.is_discarded())
      ++damaged;
    const auto quick = read_json_quickly(text, {});
    if (!quick)
      continue;
    ++accepted;
    if (const auto* refused = std::get_if<json_error>(&*quick)) {
      EXPECT_EQ(refused->message, "Key given twice") << text;
      continue;
    }
    ASSERT_FALSE(wanted.is_discarded()) << text;
    EXPECT_EQ(std::get<json_tree>(*quick)->dump(), wanted.dump()) << text;
  }
  EXPECT_GT(accepted, 2'000);
  EXPECT_GT(damaged, 2'000);
}

TEST(json_reader, counts_tokens) {
  const std::pair<std::string_view, std::size_t> examples[] = {
      {"{}", 2}, {R"({"k":[1,-2.5e3,true]})", 11}, {R"("a \" [,:] \\" "b")", 2}, {"1 1  1", 3}, {":::::", 5},
  };
  EXPECT_FALSE(has_more_tokens_than(" \t\r\n", 0));
  for (const char* evasion : {R"(\",,,)", "\x0c", "1\x1a"})
    EXPECT_TRUE(has_more_tokens_than(evasion, 100)) << evasion;
  for (const auto& [text, tokens] : examples) {
    EXPECT_FALSE(has_more_tokens_than(text, tokens)) << text;
    EXPECT_TRUE(has_more_tokens_than(text, tokens - 1)) << text;
  }
}

TEST(json_reader, keeps_the_members_of_an_object_that_grows) {
  std::string text = "{";
  for (int i = 0; i < 9; ++i)
    text +=
        fmt::format("{}\"k{}\":[\"{}\"]", i > 0 ? "," : "", i, std::string(100, static_cast<char>('a' + i)));
  text += "}";
  EXPECT_EQ(tree(text)->dump(), text);
}

TEST(json_reader, leaves_numbers_beyond_64_bits_to_the_slow_parser) {
  const std::string text = "[18446744073709551616,-9223372036854775809]";
  EXPECT_FALSE(read_json_quickly(text, {}));
  const auto parsed = tree(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, ordered_json::parse(text));
}

TEST(json_reader, does_not_take_the_clients_words_for_the_parsers) {
  EXPECT_EQ(error(R"({"a":"UTF-8" UTF-8})").message, "Invalid JSON at byte 14");
}

TEST(json_reader, survives_absurd_nesting) {
  EXPECT_EQ(error(std::string(10'000'000, '[')).message, "Nested deeper than 64 levels");
  EXPECT_TRUE(tree(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(tree(std::string(65, '[') + std::string(65, ']')));
}

TEST(json_reader, takes_many_keys_in_reasonable_time) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i)
    text.append(i > 0 ? "," : "").append("\"k").append(std::to_string(i)).append("\":0");
  text += "}";
  const json_tree parsed = tree(text); // quadratic work here would exceed the test's time limit
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 100'000u);
}

TEST(json_reader, takes_a_string_of_tens_of_megabytes) {
  const std::string content(40'000'000, 'x');
  const json_tree parsed = tree("{\"content\":\"" + content + "\"}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("content"), content);
}

TEST(field_reader, reads_what_is_given) {
  auto body = ordered_json::parse(
      R"({"command":"ls","flag":true,"timeoutMs":1500,"slow":0.2,"env":{"A":"1","SKIPPED":null,"_b2":""},"none":null})");
  field_reader fields(body);
  EXPECT_EQ(fields.text("command"), "ls");
  EXPECT_EQ(fields.boolean("flag"), true);
  EXPECT_EQ(fields.milliseconds("timeoutMs"), std::chrono::milliseconds(1500));
  EXPECT_EQ(fields.milliseconds("slow"), std::chrono::milliseconds(1));
  EXPECT_EQ(fields.environment("env"), (actors::environment{{"A", "1"}, {"_b2", ""}}));
  EXPECT_FALSE(fields.text("none"));
  EXPECT_FALSE(fields.text("absent"));
  EXPECT_TRUE(fields.environment("absent").empty());
  EXPECT_TRUE(fields.errors().empty());
}

TEST(field_reader, stops_where_faults_could_be_endless) {
  auto variables = ordered_json::object();
  for (int i = 0; i < 1000; ++i)
    variables["not-a-name-" + std::to_string(i)] = "v";
  ordered_json body{{"env", variables}};
  field_reader fields(body);
  (void)fields.environment("env");
  EXPECT_EQ(fields.errors().size(), 20u);
}

/// Linux starts no program with a string of more than MAX_ARG_STRLEN = 131072 bytes, its NUL counted.
TEST(field_reader, refuses_variables_that_no_program_can_be_started_with) {
  ordered_json body{
      {"env", {{"FITS", std::string(131'072 - 6, 'x')}, {"LONG", std::string(131'072 - 5, 'x')}}}};
  field_reader fields(body);
  const auto variables = fields.environment("env");
  EXPECT_TRUE(fields.errors().empty()) << "a shell can set both";
  fields.check_variable_sizes("env", variables);
  ASSERT_EQ(fields.errors().size(), 1u);
  EXPECT_EQ(fields.errors()[0].field, "env.LONG");
  EXPECT_EQ(fields.errors()[0].message, "env.LONG is longer than 131072 bytes with its name");
  EXPECT_EQ(fields.errors()[0].code, "invalid_value");
}

/// 1 MiB, each variable counted with its NUL and the eight bytes of its pointer.
TEST(field_reader, refuses_variables_that_are_too_large_together) {
  constexpr int count = 16;
  constexpr std::size_t each = 1024 * 1024 / count - 8;
  auto variables = ordered_json::object();
  for (int i = 0; i < count; ++i)
    variables[fmt::format("VARIABLE_{:02}", i)] =
        std::string(each - std::string_view("VARIABLE_00=").size() - 1, 'x');
  ordered_json body{{"env", variables}};
  field_reader fits(body);
  fits.check_variable_sizes("env", fits.environment("env"));
  EXPECT_TRUE(fits.errors().empty());

  variables["A"] = "";
  body["env"] = variables;
  field_reader exceeds(body);
  exceeds.check_variable_sizes("env", exceeds.environment("env"));
  ASSERT_EQ(exceeds.errors().size(), 1u);
  EXPECT_EQ(exceeds.errors()[0].field, "env");
  EXPECT_EQ(exceeds.errors()[0].message, "env is larger than 1048576 bytes with the names of its variables");
}

TEST(field_reader, caps_a_limit_beyond_a_century) {
  auto body = ordered_json::parse(R"({"t":1e300})");
  field_reader fields(body);
  EXPECT_EQ(fields.milliseconds("t"), std::chrono::hours(100 * 365 * 24));
}

struct wrong_field {
  const char* body;
  void (*read)(field_reader&);
  const char* field;
  const char* message;
  const char* code;
};

TEST(field_reader, names_what_is_wrong) {
  const auto text = [](field_reader& f) { (void)f.text("x"); };
  const auto boolean = [](field_reader& f) { (void)f.boolean("x"); };
  const auto milliseconds = [](field_reader& f) { (void)f.milliseconds("x"); };
  const auto environment = [](field_reader& f) { (void)f.environment("x"); };
  const wrong_field wrongs[] = {
      {R"({"x":1})", text, "x", "x must be a string", "invalid_type"},
      {R"({"x":["a"]})", text, "x", "x must be a string", "invalid_type"},
      {R"({"x":"a\u0000b"})", text, "x", "x must not contain NUL", "invalid_value"},
      {R"({"x":"true"})", boolean, "x", "x must be a boolean", "invalid_type"},
      {R"({"x":0})", boolean, "x", "x must be a boolean", "invalid_type"},
      {R"({"x":"5"})", milliseconds, "x", "x must be a number of milliseconds", "invalid_type"},
      {R"({"x":-1})", milliseconds, "x", "x must not be negative", "invalid_value"},
      {R"({"x":[]})", environment, "x", "x must be an object of strings", "invalid_type"},
      {R"({"x":{"1A":"v"}})", environment, "x.1A", "Invalid environment variable name: 1A", "invalid_value"},
      {R"({"x":{"":"v"}})", environment, "x.", "Invalid environment variable name: ", "invalid_value"},
      {R"({"x":{"A-B":"v"}})", environment, "x.A-B", "Invalid environment variable name: A-B",
       "invalid_value"},
      {R"({"x":{"A":7}})", environment, "x.A", "x.A must be a string", "invalid_type"},
      {R"({"x":{"A":"\u0000"}})", environment, "x.A", "x.A must not contain NUL", "invalid_value"},
  };
  for (const wrong_field& w : wrongs) {
    auto body = ordered_json::parse(w.body);
    field_reader fields(body);
    w.read(fields);
    ASSERT_EQ(fields.errors().size(), 1u) << w.body;
    EXPECT_EQ(fields.errors()[0].field, w.field) << w.body;
    EXPECT_EQ(fields.errors()[0].message, w.message) << w.body;
    EXPECT_EQ(fields.errors()[0].code, w.code) << w.body;
  }
}

} // namespace
} // namespace sandboxd::http
