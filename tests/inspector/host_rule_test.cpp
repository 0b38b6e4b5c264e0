#include "inspector/host_rule.hpp"

#include <gtest/gtest.h>

namespace sandboxd::inspector {
namespace {

TEST(host_rule, lets_addresses_and_localhost_pass) {
  for (const auto* host : {"localhost", "localhost:7676", "127.0.0.1", "127.0.0.1:7676", "10.1.2.3:80",
                           "[::1]", "[::1]:7676", "[fe80::1]:1"})
    EXPECT_TRUE(is_harmless_host(host)) << host;
}

TEST(host_rule, refuses_names_that_somebody_may_point_here) {
  for (const auto* host :
       {"evil.example", "evil.example:7676", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:7676.evil.example", "", ":7676", "::1", "[::1", "[localhost]", "[127.0.0.1]",
        "127.0.0.1:7676:80", "127.1", "[::1]x:80", "127.0.0.1:port"})
    EXPECT_FALSE(is_harmless_host(host)) << host;
}

} // namespace
} // namespace sandboxd::inspector
