#include "http/admission.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::http {
namespace {

constexpr const char* secret = "0123456789abcdef";

TEST(bearer_token, is_found_in_its_header_alone) {
  const bearer_token token(secret);
  for (const char* good : {"Bearer 0123456789abcdef", "bearer 0123456789abcdef", "BEARER   0123456789abcdef"})
    EXPECT_TRUE(token.is_in(good)) << good;
  for (const char* bad : {"", "Bearer", "Bearer ", "Bearer0123456789abcdef", "Basic 0123456789abcdef",
                          "0123456789abcdef", "Bearer 0123456789abcde", "Bearer 0123456789abcdeg",
                          "Bearer 0123456789abcdef0", "Bearer 1123456789abcdef", "Bearer 0123456789abcdef ",
                          "Bearer 0123456789ABCDEF", "Bearer\t0123456789abcdef"})
    EXPECT_FALSE(token.is_in(bad)) << bad;
}

int status_of(const admission_rule& rule, origin from, const std::string& authorization) {
  const auto why = rule.judge(from, authorization);
  return why ? why->status : 200;
}

TEST(admission, is_a_matter_of_origin_and_token) {
  const std::string right = std::string("Bearer ") + secret;
  const admission_rule without;
  EXPECT_EQ(status_of(without, origin::client, ""), 200);
  EXPECT_EQ(status_of(without, origin::client, right), 200);
  EXPECT_EQ(status_of(without, origin::workload, ""), 403);
  EXPECT_EQ(status_of(without, origin::workload, right), 403);
  EXPECT_EQ(status_of(without, origin::untold, ""), 503);

  admission_rule with;
  with.token.emplace(secret);
  EXPECT_EQ(status_of(with, origin::client, ""), 200);
  EXPECT_EQ(status_of(with, origin::workload, ""), 403);
  EXPECT_EQ(status_of(with, origin::workload, "Bearer wrong"), 403);
  EXPECT_EQ(status_of(with, origin::workload, right), 200);
  EXPECT_EQ(status_of(with, origin::untold, ""), 503);
  EXPECT_EQ(status_of(with, origin::untold, right), 200);

  with.needs_token = true;
  EXPECT_EQ(status_of(with, origin::client, ""), 401);
  EXPECT_EQ(status_of(with, origin::client, "Bearer wrong"), 401);
  EXPECT_EQ(status_of(with, origin::client, right), 200);
  EXPECT_EQ(status_of(with, origin::workload, ""), 403);
  EXPECT_EQ(status_of(with, origin::workload, right), 200);
}

TEST(admission, keeps_its_token_from_services_and_no_other) {
  admission_rule rule;
  EXPECT_FALSE(rule.is_own(std::string("Bearer ") + secret));
  rule.token.emplace(secret);
  EXPECT_TRUE(rule.is_own(std::string("Bearer ") + secret));
  EXPECT_FALSE(rule.is_own("Bearer of-a-service"));
}

} // namespace
} // namespace sandboxd::http
