#include "inspector/sandboxctl/address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

TEST(a_url, says_where_the_inspector_is) {
  struct example {
    std::string url, host;
    int port;
    std::string prefix, authority;
  };
  const std::vector<example> table{
      {"http://127.0.0.1:7676", "127.0.0.1", 7676, "", "127.0.0.1:7676"},
      {"http://localhost", "localhost", 7676, "", "localhost:7676"},
      {"http://[::1]:80/", "::1", 80, "", "[::1]:80"},
      {"http://[fe80::a]", "fe80::a", 7676, "", "[fe80::a]:7676"},
      {"http://a.b/c/d/", "a.b", 7676, "/c/d", "a.b:7676"},
      {"http://a/c\r\nx", "a", 7676, "/c%0D%0Ax", "a:7676"},
  };
  for (const auto& [url, host, port, prefix, authority] : table) {
    const auto read = parse_url(url);
    ASSERT_TRUE(read) << url;
    EXPECT_EQ(read->host, host) << url;
    EXPECT_EQ(read->port, port) << url;
    EXPECT_EQ(read->prefix, prefix) << url;
    EXPECT_EQ(read->authority(), authority) << url;
  }
}

TEST(a_url, is_refused_when_it_is_none) {
  for (const std::string url : {"", "localhost:7676", "https://a", "http://", "http://:1",
                                "http://a:", "http://a:0", "http://a:65536", "http://a:7x", "http://[::1",
                                "http://[]", "http://a b", "http://u@a", "http://a\r\nx", "http://[::1]x"})
    EXPECT_FALSE(parse_url(url)) << url;
}

TEST(a_target, has_its_parameters_encoded) {
  EXPECT_EQ(target("/a", {}), "/a");
  EXPECT_EQ(target("/a", {{"b", ""}}), "/a");
  EXPECT_EQ(target("/a", {{"b", "/root/x-1_2.~"}, {"c", ""}, {"d", "1 &=+%\n\xc3\xb6"}}),
            "/a?b=/root/x-1_2.~&d=1%20%26%3D%2B%25%0A%C3%B6");
}

TEST(a_path, may_be_written_without_its_root) {
  EXPECT_EQ(actor_path(""), "/root");
  EXPECT_EQ(actor_path("/"), "/root");
  EXPECT_EQ(actor_path("root"), "/root");
  EXPECT_EQ(actor_path("root/http/"), "/root/http");
  EXPECT_EQ(actor_path("http"), "/root/http");
  EXPECT_EQ(actor_path("roots"), "/root/roots");
  EXPECT_EQ(actor_path("/root/http"), "/root/http");
  EXPECT_EQ(actor_path("/other"), "/other");
}

} // namespace
} // namespace sandboxd::sandboxctl
