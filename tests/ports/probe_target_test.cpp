#include "ports/probe_target.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace sandboxd::ports {
namespace {

TEST(probe_target, is_what_a_request_line_may_hold) {
  EXPECT_EQ(probe_target(""), "/");
  EXPECT_EQ(probe_target("/health?deep=1"), "/health?deep=1");
  EXPECT_EQ(probe_target("health"), "/health");
  EXPECT_EQ(probe_target("/a b"), "/a%20b");
  EXPECT_EQ(probe_target("/x HTTP/1.1\r\nHost: elsewhere"), "/x%20HTTP/1.1%0D%0AHost:%20elsewhere");
  EXPECT_EQ(probe_target("/é"), "/%C3%A9");
  EXPECT_EQ(probe_target("/page#part"), "/page");
}

struct redirect {
  const char* location;
  std::optional<std::string> leads_to; ///< from /a/b?q at port 8080
};

TEST(probe_redirect, stays_on_its_host_and_port_or_is_not_followed) {
  const redirect cases[] = {
      {"/other", "/other"},
      {"next", "/a/next"},
      {"?page=2", "/a/b?page=2"},
      {"http://localhost:8080/x", "/x"},
      {"HTTP://LOCALHOST:8080", "/"},
      {"http://127.0.0.1:8080?y", "/?y"},
      {"http://[::1]:8080/z", "/z"},
      {"//localhost:8080/w", "/w"},
      {"//localhost/w", std::nullopt}, // port 80
      {"http://localhost:8081/", std::nullopt},
      {"http://localhost/", std::nullopt},
      {"http://[::1]/", std::nullopt},
      {"https://localhost:8080/", std::nullopt},
      {"http://example.com:8080/", std::nullopt},
      {"http://localhost:8080@example.com/", std::nullopt},
      {"http://user@localhost:8080/", std::nullopt},
      {"ftp:localhost", std::nullopt},
  };
  for (const auto& one : cases)
    EXPECT_EQ(redirect_target(one.location, "/a/b?q", 8080), one.leads_to) << one.location;
  EXPECT_EQ(redirect_target("http://localhost/", "/", 80), "/");
}

} // namespace
} // namespace sandboxd::ports
