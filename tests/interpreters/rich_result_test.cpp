#include "interpreters/rich_result.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sandboxd::interpreters {
namespace {

using nlohmann::json;

std::vector<result_format> formats_of_text(const std::string& bundle) {
  return formats_of(take_apart(bundle)->members);
}

/// The formats as one object.
json shown(const std::string& bundle) {
  json all = json::object();
  for (const auto& [name, value] : formats_of_text(bundle))
    all[std::string(name)] = json::parse(value);
  return all;
}

TEST(rich_result, gives_each_mime_type_its_word) {
  EXPECT_EQ(
      shown(R"({"text/html":"h","image/png":"p","image/jpeg":"j","image/svg+xml":"s","text/latex":"l",
                      "text/markdown":"m","application/javascript":"a","application/pdf":"d"})"),
      json::parse(R"({"html":"h","png":"p","jpeg":"j","svg":"s","latex":"l","markdown":"m","javascript":"a",
                            "pdf":"d"})"));
}

TEST(rich_result, shows_text_alone_or_with_html) {
  EXPECT_EQ(shown(R"({"text/plain":"t"})"), json::parse(R"({"text":"t"})"));
  EXPECT_EQ(shown(R"({"text/plain":"t","text/html":"h"})"), json::parse(R"({"text":"t","html":"h"})"));
  EXPECT_EQ(shown(R"({"text/plain":"t","image/png":"p"})"), json::parse(R"({"png":"p"})"));
  EXPECT_EQ(shown(R"({"text/plain":"t","application/json":{"a":1}})"), json::parse(R"({"json":{"a":1}})"));
}

TEST(rich_result, shows_text_beside_what_only_few_clients_know) {
  EXPECT_EQ(shown(R"({"text/plain":"t","application/vnd.dataresource+json":{"data":[1]}})"),
            json::parse(R"({"text":"t","data":{"application/vnd.dataresource+json":{"data":[1]}}})"));
  EXPECT_EQ(shown(R"({"text/plain":"t","application/vnd.sandboxd.chart+json":{"type":"line"}})"),
            json::parse(R"({"text":"t","chart":{"type":"line"}})"));
}

TEST(rich_result, keeps_types_without_a_word_as_data) {
  EXPECT_EQ(
      shown(R"({"text/plain":"t","text/html":"h","application/vnd.dataresource+json":{"data":[1]}})"),
      json::parse(R"({"text":"t","html":"h","data":{"application/vnd.dataresource+json":{"data":[1]}}})"));
}

/// What a user's own display has made of them.
TEST(rich_result, makes_texts_of_what_is_none) {
  EXPECT_EQ(shown(R"({"text/plain":5,"text/html":["a",1]})"),
            json::parse(R"({"text":"5","html":"[\"a\",1]"})"));
  EXPECT_EQ(shown(R"({"image/png":null,"application/json":5})"), json::parse(R"({"png":"null","json":5})"));
}

TEST(rich_result, is_ascii) {
  const auto formats = formats_of_text(R"({"text/plain":"h\u00e9 \ud83d\ude00"})");
  ASSERT_EQ(formats.size(), 1u);
  EXPECT_EQ(formats[0].value, R"("h\u00e9 \ud83d\ude00")");
}

TEST(rich_result, passes_a_chart_of_our_own_on) {
  EXPECT_EQ(shown(R"({"image/png":"p","application/vnd.sandboxd.chart+json":{"type":"line"}})"),
            json::parse(R"({"png":"p","chart":{"type":"line"}})"));
}

TEST(rich_result, always_has_a_format) {
  EXPECT_EQ(shown(R"({"application/vnd.sandboxd.chart+json":null})"),
            json::parse(R"({"data":{"application/vnd.sandboxd.chart+json":null}})"));
  EXPECT_EQ(shown(R"({"text/plain":"t","application/vnd.sandboxd.chart+json":7})"),
            json::parse(R"({"text":"t","data":{"application/vnd.sandboxd.chart+json":7}})"));
}

TEST(rich_result, parses_plotly) {
  const auto chart = shown(R"~({"application/vnd.plotly.v1+json":{
    "data":[{"type":"scatter","mode":"lines+markers","name":"a","x":[1,2],"y":[3,4]},
            {"type":"bar","orientation":"h","x":[5],"y":["k"]}],
    "layout":{"title":{"text":"T"},"xaxis":{"title":{"text":"t (s)"}},"yaxis":{"title":"m","type":"log"}}}})~")
      ["chart"];
  EXPECT_EQ(chart, json::parse(R"~({"type":"bar","title":"T","library":"plotly","data":{"axes":[
    {"type":"bar","title":"T","x":{"label":"t (s)","scale":"linear","unit":"s"},"y":{"label":"m","scale":"log"},
     "series":[{"type":"line","name":"a","points":[[1,3],[2,4]]},
               {"type":"bar","orientation":"horizontal","points":[["k",5]]}]}]}})~"));
}

TEST(rich_result, parses_every_trace_of_plotly) {
  const auto series = [](const std::string& trace) {
    const auto all = shown(R"({"application/vnd.plotly.v1+json":{"data":[)" + trace + "]}}");
    return all["chart"]["data"]["axes"][0]["series"][0];
  };
  EXPECT_EQ(series(R"({"y":[7,8]})"), json::parse(R"({"type":"line","points":[[0,7],[1,8]]})"));
  EXPECT_EQ(series(R"({"mode":"markers","x":[1],"y":[2]})"),
            json::parse(R"({"type":"scatter","points":[[1,2]]})"));
  EXPECT_EQ(series(R"({"type":"pie","labels":["a","b"],"values":[1,3]})"),
            json::parse(R"({"type":"pie","points":[["a",0.25],["b",0.75]]})"));
  EXPECT_EQ(series(R"({"type":"heatmap","z":[[1,2],[3,4]]})"),
            json::parse(R"({"type":"heatmap","points":[[1,2],[3,4]]})"));
  EXPECT_EQ(series(R"({"type":"histogram","x":[1,1,2]})"),
            json::parse(R"({"type":"histogram","points":[1,1,2]})"));
  // The same values as in the test of matplotlib's: numpy's quartiles, whiskers within 1.5 times their
  // distance.
  EXPECT_EQ(series(R"({"type":"box","name":"u","y":[1,2,3,4,100]})"),
            json::parse(R"({"type":"box","name":"u","points":[
              {"label":"u","min":1.0,"q1":2.0,"median":3.0,"q3":4.0,"max":4.0,"outliers":[100.0]}]})"));
  EXPECT_EQ(series(R"({"type":"sankey"})"), json::parse(R"({"type":"unknown"})"));
}

TEST(rich_result, reads_typed_arrays_of_plotly) {
  const auto points = [](const std::string& trace) {
    const auto all = shown(R"({"application/vnd.plotly.v1+json":{"data":[)" + trace + "]}}");
    return all["chart"]["data"]["axes"][0]["series"][0]["points"];
  };
  // The base64 was made by python3: base64.b64encode(struct.pack('<3h', 1, -2, 300)), ('<3d', 0.5, -1, 1e3)
  // and so on.
  EXPECT_EQ(
      points(
          R"({"x":{"dtype":"i2","bdata":"AQD+/ywB"},"y":{"dtype":"f8","bdata":"AAAAAAAA4D8AAAAAAADwvwAAAAAAQI9A"}})"),
      json::parse("[[1,0.5],[-2,-1.0],[300,1000.0]]"));
  EXPECT_EQ(points(R"({"y":{"dtype":"f4","bdata":"AACAPwAAIMA="}})"), json::parse("[[0,1.0],[1,-2.5]]"));
  EXPECT_EQ(points(R"({"y":{"dtype":"u4","bdata":"/////w=="}})"), json::parse("[[0,4294967295]]"));
  EXPECT_EQ(points(R"({"type":"heatmap","z":{"dtype":"u1","bdata":"AQIDBAUG","shape":"2, 3"}})"),
            json::parse("[[1,2,3],[4,5,6]]"));
  EXPECT_EQ(points(R"({"type":"pie","labels":["a","b"],"values":{"dtype":"i1","bdata":"AQM=","shape":2}})"),
            json::parse(R"([["a",0.25],["b",0.75]])"));
  for (const auto* broken :
       {R"({"dtype":"f8","bdata":"AQ=="})", R"({"dtype":"f8","bdata":"*"})",
        R"({"dtype":"x","bdata":"AQ=="})", R"({"dtype":"u1","bdata":"AQID","shape":"2, 2"})",
        R"({"dtype":"u1","bdata":"AQID","shape":"x"})", R"({"dtype":"u1","bdata":"AQID","shape":"3, 0"})"})
    EXPECT_EQ(points(R"({"y":)" + std::string(broken) + "}"), json::array()) << broken;
}

TEST(rich_result, leaves_out_what_is_not_finite) {
  const auto points = [](const std::string& trace) {
    return shown(R"({"application/vnd.plotly.v1+json":{"data":[)" + trace +
                 "]}}")["chart"]["data"]["axes"][0]["series"][0]["points"];
  };
  // struct.pack('<8d', nan, 4, -inf, 1, 100, 2, inf, 3): the box is that of 1, 2, 3, 4 and 100.
  const std::string numbers =
      R"({"dtype":"f8","bdata":"AAAAAAAA+H8AAAAAAAAQQAAAAAAAAPD/AAAAAAAA8D8AAAAAAABZQAAAAAAAAABAAAAAAAAA8H8AAAAAAAAIQA=="})";
  EXPECT_EQ(points(R"({"type":"box","y":)" + numbers + "}"), json::parse(R"([
    {"label":"","min":1.0,"q1":2.0,"median":3.0,"q3":4.0,"max":4.0,"outliers":[100.0]}])"));
  EXPECT_EQ(points(R"({"type":"histogram","x":)" + numbers + "}"),
            json::parse("[null,4.0,null,1.0,100.0,2.0,null,3.0]"));
  // struct.pack('<3d', nan, 1, 3)
  EXPECT_EQ(points(R"({"type":"pie","values":{"dtype":"f8","bdata":"AAAAAAAA+H8AAAAAAADwPwAAAAAAAAhA"}})"),
            json::parse("[[0,0.0],[1,0.25],[2,0.75]]"));
  // struct.pack('<2d', nan, nan): nothing to show.
  EXPECT_EQ(points(R"({"type":"box","y":{"dtype":"f8","bdata":"AAAAAAAA+H8AAAAAAAD4fw=="}})"), json());
  // The distance of these is no finite number.
  EXPECT_EQ(points(R"({"type":"box","y":[-1e308,1e308]})")[0]["median"], 0.0);
}

TEST(rich_result, finds_units_in_labels) {
  const auto unit = [](const std::string& label) {
    const json bundle{
        {"application/vnd.plotly.v1+json",
         {{"data", json::array({json{{"y", {1}}}})}, {"layout", {{"xaxis", {{"title", label}}}}}}}};
    return json::parse(formats_of_text(bundle.dump())[0].value)["data"]["axes"][0]["x"].value("unit", "none");
  };
  EXPECT_EQ(unit("Time (s)"), "s");
  EXPECT_EQ(unit("mass [kg] "), "kg");
  EXPECT_EQ(unit("f(x)"), "none");
  EXPECT_EQ(unit("(s)"), "none");
  EXPECT_EQ(unit("plain"), "none");
}

TEST(rich_result, parses_vega_lite) {
  const auto chart = shown(R"({"application/vnd.vegalite.v5+json":{"title":"T","data":{"name":"d"},
    "datasets":{"d":[{"k":"a","v":1,"g":"x"},{"k":"b","v":2,"g":"y"}]},"mark":{"type":"point"},
    "encoding":{"x":{"field":"k"},"y":{"field":"v","title":"mass [kg]"},"color":{"field":"g"}}}})")["chart"];
  EXPECT_EQ(chart, json::parse(R"({"type":"scatter","title":"T","library":"altair","data":{"axes":[
    {"type":"scatter","title":"T","x":{"label":"k","scale":"linear"},
     "y":{"label":"mass [kg]","scale":"linear","unit":"kg"},
     "series":[{"type":"scatter","name":"x","points":[["a",1]]},{"type":"scatter","name":"y","points":[["b",2]]}]}]}})"));
}

TEST(rich_result, tells_shares_of_vega_lite) {
  const auto chart = shown(R"({"application/vnd.vegalite.v5+json":{"mark":"arc",
    "data":{"values":[{"k":"a","v":1},{"k":"b","v":3},{"k":"c"}]},
    "encoding":{"theta":{"field":"v"},"color":{"field":"k"}}}})")["chart"];
  EXPECT_EQ(chart["data"]["axes"][0]["series"],
            json::parse(R"([{"type":"pie","points":[["a",0.25],["b",0.75],["c",0.0]]}])"));
}

TEST(rich_result, has_no_chart_of_what_is_none) {
  for (const auto* value :
       {"1", "{}", R"({"data":[]})", R"({"data":7})", R"({"mark":"bar"})", "[]", "null"}) {
    EXPECT_FALSE(shown(R"({"application/vnd.plotly.v1+json":)" + std::string(value) + "}").contains("chart"));
    EXPECT_FALSE(
        shown(R"({"application/vnd.vegalite.v5+json":)" + std::string(value) + "}").contains("chart"));
  }
}

TEST(rich_result, makes_points_of_pairs_that_look_like_members) {
  EXPECT_EQ(
      shown(
          R"({"application/vnd.vegalite.v5+json":{"mark":"arc","data":{"values":[{"k":["a",1],"v":["b",2]}]},
    "encoding":{"theta":{"field":"v"},"color":{"field":"k"}}}})")["chart"]["data"]["axes"][0]["series"],
      json::parse(R"([{"type":"pie","points":[[["a",1],0]]}])"));
}

TEST(rich_result, has_no_chart_of_too_much) {
  const auto plotly = [](const json& traces) {
    return shown(json{{"application/vnd.plotly.v1+json", {{"data", traces}}}}.dump());
  };
  // All members of a figure are values, and each trace has some.
  EXPECT_TRUE(plotly(json::array({{{"y", json(json::array_t(most_values - 10, 1))}}})).contains("chart"));
  EXPECT_FALSE(plotly(json::array({{{"y", json(json::array_t(most_values, 1))}}})).contains("chart"));
  EXPECT_TRUE(plotly(json(json::array_t(5'000, json::object()))).contains("chart"));
  EXPECT_FALSE(plotly(json(json::array_t(5'001, json::object()))).contains("chart"));
  const auto bytes = [](std::size_t thirds, const std::string& shape) {
    return json{{"dtype", "u1"}, {"bdata", std::string(4 * thirds, 'A')}, {"shape", shape}};
  };
  // 100 traces with 5,000 points of three values, the point among them.
  EXPECT_FALSE(plotly(json(json::array_t(100, {{"y", bytes(2'000, "6000")}}))).contains("chart"));
  EXPECT_TRUE(plotly(json(json::array_t(10, {{"y", bytes(2'000, "6000")}}))).contains("chart"));

  const auto rows = [&](std::size_t thirds, const std::string& shape) {
    const auto all = plotly(json::array({{{"type", "heatmap"}, {"z", bytes(thirds, shape)}}}));
    return all["chart"]["data"]["axes"][0]["series"][0];
  };
  EXPECT_EQ(rows(100'000, "3, 100000")["points"].size(), 3u);
  EXPECT_EQ(rows(200'000, "1, 600000")["points"].size(), 0u);
  EXPECT_EQ(rows(200'000, "10000, 60")["points"].size(), 5'000u);
  EXPECT_EQ(rows(200'000, "10000, 60")["sampled_from"], 10'000);

  json groups = json::array();
  for (int i = 0; i < 5'000; ++i)
    groups.push_back({{"c", i}});
  const auto vega = [&] {
    return shown(
        json{{"application/vnd.vegalite.v5+json",
              {{"mark", "bar"}, {"encoding", {{"color", {{"field", "c"}}}}}, {"data", {{"values", groups}}}}}}
            .dump());
  };
  EXPECT_TRUE(vega().contains("chart"));
  groups.push_back({{"c", "one more"}});
  EXPECT_FALSE(vega().contains("chart"));
}

TEST(rich_result, samples_the_values_of_a_box) {
  const json trace{{"type", "box"}, {"y", {{"dtype", "u1"}, {"bdata", std::string(800'000, 'A') + "/w=="}}}};
  const auto series = shown(json{{"application/vnd.plotly.v1+json", {{"data", json::array({trace})}}}}
                                .dump())["chart"]["data"]["axes"][0]["series"][0];
  EXPECT_EQ(series["sampled_from"], 600'001);
  EXPECT_EQ(series["points"], json::parse(R"([{"label":"","min":0.0,"q1":0.0,"median":0.0,"q3":0.0,"max":0.0,
    "outliers":[255.0]}])"));
}

TEST(rich_result, samples_long_series) {
  json values = json::array();
  for (int i = 0; i <= 20'000; ++i)
    values.push_back(i);
  const json bundle{{"application/vnd.plotly.v1+json", {{"data", json::array({json{{"y", values}}})}}}};
  const auto series = json::parse(formats_of_text(bundle.dump())[0].value)["data"]["axes"][0]["series"][0];
  EXPECT_EQ(series["sampled_from"], 20'001);
  EXPECT_EQ(series["points"].size(), 5'000u);
  EXPECT_EQ(series["points"].back(), json::array({20'000, 20'000}));
}

} // namespace
} // namespace sandboxd::interpreters
