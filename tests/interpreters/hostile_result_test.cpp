#include "interpreters/chart.hpp"
#include "interpreters/executor_message.hpp"
#include "interpreters/transpiler_message.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <variant>
#include <vector>

namespace sandboxd::interpreters {
namespace {

using nlohmann::json;

constexpr const char* plotly = "application/vnd.plotly.v1+json";
constexpr const char* vega = "application/vnd.vegalite.v5+json";

/// The result event with a bundle of one value.
std::string event_with(const std::string& type, const std::string& value) {
  return R"({"type":"result","kind":"value","data":{")" + type + "\":" + value + "}}";
}

std::string plotly_event(const std::string& trace) {
  return event_with(plotly, R"({"data":[)" + trace + R"(],"layout":{}})");
}

TEST(hostile_result, shows_wrong_charts_as_data) {
  json members = json::object();
  for (int i = 0; i < 5'001; ++i)
    members[std::to_string(i)] = i;
  for (const auto& trace :
       {std::string(R"({"type":"pie","values":5})"), std::string(R"({"type":"pie","labels":5,"values":[1]})"),
        R"({"type":"heatmap","z":)" + members.dump() + "}",
        R"({"type":"histogram","x":)" + members.dump() + "}",
        R"({"type":"pie","values":)" + members.dump() + "}"}) {
    std::optional<executor_event> event;
    ASSERT_NO_THROW(event = parse_executor_event(plotly_event(trace))) << trace.substr(0, 50);
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<executor_result>(*event).shown.formats.back().name, "data");
  }
}

TEST(hostile_result, reads_flags_of_any_type) {
  for (const auto* flag : {"1", "null", "\"true\"", "[]", "{}"}) {
    std::optional<executor_event> event;
    ASSERT_NO_THROW(
        event = parse_executor_event(R"({"type":"ready","repeat_interrupts":)" + std::string(flag) + "}"))
        << flag;
    ASSERT_TRUE(event);
    EXPECT_FALSE(std::get<executor_ready>(*event).repeat_interrupts) << flag;
  }
}

/// Valid messages, all of whose parts are read.
std::vector<json> valid_messages() {
  const auto result = [](const char* type, const char* value) {
    return json{{"type", "result"},
                {"kind", "update"},
                {"display_id", "d"},
                {"metadata", {{"m", 1}}},
                {"data", {{"text/plain", "t"}, {type, json::parse(value)}}}};
  };
  return {
      result(plotly, R"~({"data":[
        {"type":"scatter","mode":"lines","name":"a","x":[1,2],"y":[3,4]},
        {"type":"bar","orientation":"h","x":[5,6],"y":["k",["l",1]]},
        {"type":"pie","labels":["a","b"],"values":[1,3]},
        {"type":"heatmap","z":[[1,2],[3,4]]}],
        "layout":{"title":{"text":"T"},"xaxis":{"title":{"text":"t (s)"}},"yaxis":{"title":"m","type":"log"}}})~"),
      result(plotly, R"({"data":[
        {"type":"box","name":"u","y":[1,2,3,4,100]},
        {"type":"histogram","x":[1,1,2]},
        {"x":{"dtype":"i2","bdata":"AQD+/ywB"},"y":{"dtype":"f8","bdata":"AAAAAAAA4D8AAAAAAADwvwAAAAAAQI9A"}},
        {"type":"box","y":{"dtype":"f8","bdata":"AAAAAAAA+H8AAAAAAAAQQAAAAAAAAPD/AAAAAAAA8D8AAAAAAABZQA=="}}]})"),
      result(plotly, R"({"data":[
        {"type":"heatmap","z":{"dtype":"u1","bdata":"AQIDBAUG","shape":"2, 3"}},
        {"type":"pie","labels":{"dtype":"u1","bdata":"AQIDBAUG","shape":"2, 3"},
         "values":{"dtype":"i1","bdata":"AQM=","shape":2}},
        {"type":"box","x":{"dtype":"u1","bdata":"AQIDBAUG","shape":"2, 3"}}]})"),
      result(vega, R"({"title":{"text":"T"},"data":{"name":"d"},
        "datasets":{"d":[{"k":"a","v":1,"g":"x"},{"k":["b",1],"v":["y",2],"g":"y"}]},"mark":{"type":"point"},
        "encoding":{"x":{"field":"k","scale":{"type":"log"}},"y":{"field":"v","title":"mass [kg]"},
                    "color":{"field":"g"}}})"),
      result(vega, R"({"mark":"arc","data":{"values":[{"k":"a","v":1},{"k":["b",1],"v":["c",3]},{"k":"c"}]},
        "encoding":{"theta":{"field":"v"},"color":{"field":"k","axis":{"title":"t"}}}})"),
      result(vega, R"({"layer":[{"mark":"text"},{"mark":"rect",
        "encoding":{"x":{"field":"k"},"y":{"field":"v"},"color":{"field":"g"}}}],
        "data":{"values":[{"k":"a","v":1,"g":2}]}})"),
      result("application/vnd.sandboxd.chart+json", R"({"type":"line"})"),
      json::parse(R"({"type":"ready","version":"v18","repeat_interrupts":true})"),
      json::parse(R"({"type":"complete","execution_count":3})"),
      json::parse(R"({"type":"error","ename":"E","evalue":"v","traceback":["a","b"],"lineNumber":2})"),
      json::parse(R"({"type":"transpiled","id":1,"code":"c","map":{"version":3}})"),
      json::parse(R"({"type":"rejected","id":1,"problem":{"message":"m"}})"),
  };
}

class mutator {
public:
  explicit mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  /// Replaces one of the values in `tree`, or puts it in another's place.
  void mutate(json& tree) {
    std::vector<json*> places;
    collect(tree, places);
    auto& place = *places[below(places.size())];
    place = below(5) == 0 ? json(*places[below(places.size())]) : other_value();
  }

private:
  static void collect(json& tree, std::vector<json*>& places) {
    places.push_back(&tree);
    if (tree.is_structured())
      for (auto& one : tree)
        collect(one, places);
  }

  json other_value() {
    static const std::vector<json> values = [] {
      json members = json::object();
      for (int i = 0; i < 5'001; ++i)
        members[std::to_string(i)] = i;
      std::vector<json> all{members, json(json::array_t(5'001, {1}))};
      for (const auto* text : {"null",
                               "true",
                               "false",
                               "0",
                               "-1",
                               "1e308",
                               "-1e308",
                               "5e-324",
                               "18446744073709551615",
                               "-9223372036854775808",
                               "123456789012345678901234567890",
                               R"("")",
                               R"("x")",
                               R"("box")",
                               R"("pie")",
                               R"("heatmap")",
                               R"("f8")",
                               R"("u1")",
                               R"("AAAA")",
                               R"("AAAAAAAA+H8=")",
                               R"(" (]")",
                               R"("1, 18446744073709551615")",
                               R"("\u00e9 (")",
                               "[]",
                               "{}",
                               "[[]]",
                               "[{}]",
                               "[null]",
                               R"(["a",1])",
                               "[1,-1,1e308,-1e308]",
                               R"({"a":1})",
                               R"({"text":7})",
                               R"({"bdata":"AAAA","dtype":"u1","shape":"3, 1"})",
                               R"({"bdata":"AAAAAAAA+H8AAAAAAADw/w==","dtype":"f8"})"})
        all.push_back(json::parse(text));
      return all;
    }();
    // The large ones are slow, and a few are enough.
    return below(1'000) == 0 ? values[below(2)] : values[below(values.size() - 2) + 2];
  }

  std::mt19937 random_;
};

TEST(hostile_result, never_throws) {
  const auto messages = valid_messages();
  mutator mutations(4);
  int charts = 0;
  for (int run = 0; run < 20'000; ++run) {
    json message = messages[mutations.below(messages.size())];
    for (std::size_t count = 1 + mutations.below(3); count > 0; --count)
      mutations.mutate(message);
    const auto text = message.dump();
    SCOPED_TRACE(text.substr(0, 1'000));
    std::optional<executor_event> event;
    ASSERT_NO_THROW(event = parse_executor_event(text));
    ASSERT_NO_THROW((void)parse_transpiled(text));
    if (event && std::holds_alternative<executor_result>(*event)) {
      const auto& formats = std::get<executor_result>(*event).shown.formats;
      ASSERT_FALSE(formats.empty());
      for (const auto& [name, value] : formats) {
        ASSERT_TRUE(json::accept(value)) << name;
        charts += name == "chart";
      }
    }
    // Not even where nobody catches.
    if (message.is_object() && message.contains("data") && message["data"].is_object())
      for (const auto& value : message["data"]) {
        ASSERT_NO_THROW((void)chart_of_plotly(value));
        ASSERT_NO_THROW((void)chart_of_vega(value));
      }
  }
  EXPECT_GT(charts, 1'000); // else nothing was tried
}

TEST(hostile_result, takes_any_text) {
  const auto messages = valid_messages();
  mutator mutations(5);
  for (int run = 0; run < 20'000; ++run) {
    auto text = messages[mutations.below(messages.size())].dump();
    for (std::size_t count = 1 + mutations.below(3); count > 0; --count)
      text[mutations.below(text.size())] = "\"{}[]:,\\ \n0e.-\xc3\xff"[mutations.below(16)];
    SCOPED_TRACE(text);
    ASSERT_NO_THROW((void)parse_executor_event(text));
    ASSERT_NO_THROW((void)parse_transpiled(text));
  }
}

/// How many MiB more of memory than before a new process has at most, while it parses.
long growth_by(const std::string& text) {
  const auto most = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
  };
  const auto child = fork();
  if (child == 0) {
    const auto before = most();
    if (!parse_executor_event(text))
      _exit(255);
    _exit(static_cast<int>(std::min(most() - before, 254L)));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

TEST(hostile_result, takes_a_few_times_the_memory_of_its_text) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer keeps what has been freed, or books of its own about all memory";
#endif
  constexpr std::size_t size = 8 << 20;
  const auto digits = std::string(size, 'A');
  const auto bytes = std::to_string(size / 4 * 3);
  const auto typed = [&](const std::string& type, const std::string& shape) {
    return R"({"type":")" + type + R"(","y":{"dtype":"u1","bdata":")" + digits +
           R"("},"z":{"dtype":"u1","bdata":")" + digits + R"(","shape":")" + shape + R"("}})";
  };
  std::string arrays = "[]";
  std::string objects = "{}";
  while (arrays.size() < size) {
    arrays += ",[]";
    objects += ",{}";
  }
  // Of which there are two, and texts double when they grow. Trees of these would have 250 MiB and more.
  constexpr long few_times = 12 * static_cast<long>(size >> 20);
  EXPECT_LT(growth_by(plotly_event(typed("heatmap", bytes + ", 1"))), few_times);
  EXPECT_LT(growth_by(plotly_event(typed("heatmap", "1, " + bytes))), few_times);
  EXPECT_LT(growth_by(plotly_event(typed("scatter", bytes))), few_times);
  EXPECT_LT(growth_by(plotly_event(typed("box", bytes))), few_times);
  EXPECT_LT(growth_by(plotly_event(objects)), few_times);
  EXPECT_LT(growth_by(plotly_event(R"({"type":"heatmap","z":[)" + arrays + "]}")), few_times);
  EXPECT_LT(growth_by(event_with("application/json", "[" + arrays + "]")), few_times);
  EXPECT_LT(growth_by(event_with(vega, R"({"mark":"bar","data":{"values":[)" + objects + "]}}")), few_times);
}

} // namespace
} // namespace sandboxd::interpreters
