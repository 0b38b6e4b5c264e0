#include "inspector/sandboxctl/cut_check.hpp"
#include "inspector/sandboxctl/failure.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::sandboxctl {
namespace {

const utc_time asked_at = *parse_timestamp("2026-11-28T18:00:05.000Z");

traced_request open_request(const std::string& id, const std::string& trace, const std::string& span) {
  traced_request made;
  made.request_id = id;
  made.trace_id = trace;
  made.span_id = span;
  made.method = "POST";
  made.path = "/api/execute";
  made.client = "127.0.0.1:9";
  made.started_at = "2026-11-28T18:00:00.000Z";
  return made;
}

/// What it is refused with; empty: it is not.
template <class Check>
std::string refusal_of(Check check) {
  try {
    check();
  } catch (const failure& refused) {
    EXPECT_EQ(refused.code(), exit_code::refused);
    return refused.what();
  }
  return "";
}

TEST(a_cut, names_the_request_and_how_long_it_is_under_way) {
  auto request = open_request("a", "0a", "01");
  EXPECT_EQ(what_cut_does(request, asked_at),
            "Request a (POST /api/execute of 127.0.0.1:9), under way for 5.0 s, will be cut: its answer will "
            "not be whole.");
  request.started_at = "";
  EXPECT_EQ(what_cut_does(request, asked_at),
            "Request a (POST /api/execute of 127.0.0.1:9), under way, will be cut: its answer will not be "
            "whole.");
}

TEST(a_cut, is_refused_for_a_request_that_has_ended) {
  auto request = open_request("a", "0a", "01");
  EXPECT_EQ(refusal_of([&] { require_under_way(request); }), "");
  request.duration = 0;
  EXPECT_EQ(refusal_of([&] { require_under_way(request); }),
            "Request a (POST /api/execute of 127.0.0.1:9) has ended");
}

TEST(a_cut, is_refused_for_an_id_that_several_requests_have) {
  auto first = open_request("a", "0a", "01");
  auto second = open_request("b", "0a", "02");
  second.method = "GET";
  second.path = "/health";
  second.client = "10.0.0.1:8";
  const auto third = open_request("b", "0b", "03");
  const auto refusal_for = [&](const std::string& id) {
    return refusal_of([&] { require_only_one(id, {first, second, third}); });
  };
  EXPECT_EQ(refusal_for("0a"), "Several requests under way have the id 0a, name one by its span id: "
                               "01 (POST /api/execute of 127.0.0.1:9), 02 (GET /health of 10.0.0.1:8)");
  EXPECT_EQ(refusal_for("b"), "Several requests under way have the id b, name one by its span id: "
                              "02 (GET /health of 10.0.0.1:8), 03 (POST /api/execute of 127.0.0.1:9)");
  // The trace of `a` is of several, but its own id is not.
  for (const auto* const one : {"a", "0b", "0", "02", "other"})
    EXPECT_EQ(refusal_for(one), "") << one;
}

} // namespace
} // namespace sandboxd::sandboxctl
