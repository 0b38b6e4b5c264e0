#include "supervision/child_spec.hpp"
#include "supervision/errors.hpp"

#include <caf/sec.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

child_spec good_child(std::string id = "a") {
  child_spec spec;
  spec.id = std::move(id);
  spec.start = [](const spawn_context&) -> caf::expected<caf::strong_actor_ptr> {
    return caf::make_error(caf::sec::runtime_error);
  };
  return spec;
}

TEST(child_spec, accepts_the_defaults) {
  EXPECT_FALSE(validate(good_child()));
  EXPECT_FALSE(validate(supervisor_spec{}));
}

TEST(child_spec, accepts_every_way_to_stop) {
  auto spec = good_child();
  for (const shutdown_mode mode :
       {shutdown_mode{0ms}, shutdown_mode{brutal_kill{}}, shutdown_mode{infinity{}}}) {
    spec.shutdown = mode;
    EXPECT_FALSE(validate(spec));
  }
}

struct bad_child {
  std::function<void(child_spec&)> spoil;
  std::string message;
};

TEST(child_spec, names_the_field_and_the_value_that_are_wrong) {
  const std::vector<bad_child> table{
      {[](auto& s) { s.id = ""; },
       "invalid_spec: child spec '': id is '', must be 1 to 128 bytes without '/'"},
      {[](auto& s) { s.id = "a/b"; },
       "invalid_spec: child spec 'a/b': id is 'a/b', must be 1 to 128 bytes without '/'"},
      {[](auto& s) { s.start = nullptr; }, "invalid_spec: child spec 'a': start is '', must be set"},
      {[](auto& s) { s.restart = static_cast<restart_type>(7); },
       "invalid_spec: child spec 'a': restart is '7', must be permanent, transient or temporary"},
      {[](auto& s) { s.shutdown = -1ms; },
       "invalid_spec: child spec 'a': shutdown is '-1', must be 0 ms to a year, brutal_kill or infinity"},
      {[](auto& s) { s.type = static_cast<child_type>(2); },
       "invalid_spec: child spec 'a': type is '2', must be worker or supervisor"},
      {[](auto& s) { s.start_timeout = 0ms; },
       "invalid_spec: child spec 'a': start_timeout is '0', must be 1 ms to a year"},
      {[](auto& s) { s.start_timeout = std::chrono::milliseconds::max(); },
       "invalid_spec: child spec 'a': start_timeout is '9223372036854775807', must be 1 ms to a year"},
  };
  for (const auto& row : table) {
    auto spec = good_child();
    row.spoil(spec);
    EXPECT_EQ(describe(validate(spec)), row.message);
  }
}

TEST(child_spec, limits_the_length_of_an_id) {
  EXPECT_FALSE(validate(good_child(std::string(128, 'x'))));
  EXPECT_TRUE(validate(good_child(std::string(129, 'x'))));
}

struct bad_supervisor {
  std::function<void(supervisor_spec&)> spoil;
  std::string message;
};

TEST(supervisor_spec, names_the_field_and_the_value_that_are_wrong) {
  const std::vector<bad_supervisor> table{
      {[](auto& s) { s.strategy = static_cast<strategy>(4); },
       "supervisor spec: strategy is '4', must be one_for_one, one_for_all, rest_for_one or dynamic"},
      {[](auto& s) { s.period = 0s; }, "supervisor spec: period is '0', must be 1 s or more"},
      {[](auto& s) { s.rule = nullptr; }, "supervisor spec: rule is '', must be set"},
      {[](auto& s) { s.random = nullptr; }, "supervisor spec: random is '', must be set"},
      {[](auto& s) {
         s.strategy = strategy::dynamic;
         s.children = {good_child()};
       },
       "supervisor spec: children is 'a', must be empty for a dynamic supervisor"},
      {[](auto& s) {
         s.children = {good_child("x"), good_child("y"), good_child("x")};
       },
       "supervisor spec: children is 'x', must be ids that differ"},
      {[](auto& s) { s.children = {good_child("x/")}; },
       "child spec 'x/': id is 'x/', must be 1 to 128 bytes without '/'"},
      {[](auto& s) { s.backoff.initial = -1ms; },
       "supervisor spec: backoff.initial is '-1', must be 0 ms or more"},
      {[](auto& s) {
         s.backoff.initial = 10ms;
         s.backoff.maximum = 9ms;
       },
       "supervisor spec: backoff.maximum is '9', must be backoff.initial to a year"},
      {[](auto& s) {
         s.backoff.initial = s.backoff.maximum = 1ms;
         s.backoff.multiplier = 0.5;
       },
       "supervisor spec: backoff.multiplier is '0.5', must be 1 or more"},
      {[](auto& s) {
         s.backoff.initial = s.backoff.maximum = 1ms;
         s.backoff.jitter = std::numeric_limits<double>::quiet_NaN();
       },
       "supervisor spec: backoff.jitter is 'nan', must be between 0 and 1"},
      {[](auto& s) {
         s.backoff.initial = s.backoff.maximum = 1ms;
         s.backoff.reset_after = 0ms;
       },
       "supervisor spec: backoff.reset_after is '0', must be more than 0 ms"},
  };
  for (const auto& row : table) {
    supervisor_spec spec;
    row.spoil(spec);
    EXPECT_EQ(describe(validate(spec)), "invalid_spec: " + row.message);
  }
}

} // namespace
} // namespace sandboxd::supervision
