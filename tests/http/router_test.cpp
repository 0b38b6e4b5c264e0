#include "http/router.hpp"
#include "http/url.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sandboxd::http {
namespace {

constexpr std::array table{
    route{"GET", "/", body_rule::none, nullptr},
    route{"GET", "/api/process/list", body_rule::none, nullptr},
    route{"GET", "/api/process/{id}", body_rule::none, nullptr},
    route{"DELETE", "/api/process/{id}", body_rule::none, nullptr},
    route{"GET", "/api/process/{id}/logs/{line}", body_rule::none, nullptr},
};

struct lookup {
  const char* method;
  const char* path;
  int row; // -1: none
  path_parameters parameters;
};

TEST(router, finds_the_table_rows) {
  const lookup lookups[] = {
      {"GET", "/", 0, {}},
      {"POST", "/", -1, {}},
      {"GET", "", -1, {}},
      {"GET", "//", -1, {}},
      {"GET", "/api/process/list", 1, {}},
      {"GET", "/api/process/list/", -1, {}},
      {"GET", "/API/process/list", -1, {}},
      {"GET", "/api/process/p1", 2, {{"id", "p1"}}},
      {"DELETE", "/api/process/p1", 3, {{"id", "p1"}}},
      {"GET", "/api/process/", -1, {}},
      {"GET", "/api/process/a%2Fb%20c", 2, {{"id", "a/b c"}}},
      {"GET", "/api/process/p1/logs/7", 4, {{"id", "p1"}, {"line", "7"}}},
      {"GET", "/api/process//logs/7", -1, {}},
      {"GET", "/api/process/p1/logs", -1, {}},
      {"PUT", "/api/process/p1", -1, {}},
  };
  for (const lookup& l : lookups) {
    const route_match match = find_route(table, l.method, l.path);
    EXPECT_EQ(match.found, l.row < 0 ? nullptr : &table[static_cast<std::size_t>(l.row)])
        << l.method << ' ' << l.path;
    EXPECT_EQ(match.parameters, l.parameters) << l.path;
  }
}

TEST(url, decodes_percent_codes_and_leaves_the_rest) {
  EXPECT_EQ(percent_decode("a%20b%2fc+d"), "a b/c+d");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
  EXPECT_EQ(percent_decode("%-1"), "%-1");
}

TEST(url, finds_query_values) {
  EXPECT_EQ(query_value("session=a%20b&x", "session"), "a b");
  EXPECT_EQ(query_value("session=a&session=b", "session"), "a");
  EXPECT_EQ(query_value("a=1&x", "x"), "");
  EXPECT_EQ(query_value("a=1&x=y=z", "x"), "y=z");
  EXPECT_EQ(query_value("sessionId=1", "session"), std::nullopt);
  EXPECT_EQ(query_value("", "session"), std::nullopt);
}

} // namespace
} // namespace sandboxd::http
