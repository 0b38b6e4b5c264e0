#include "supervision/verdict.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace sandboxd::supervision {
namespace {

using std::chrono::seconds;
using action = verdict::action;
using positions = std::vector<std::size_t>;

const restart_window::clock::time_point some_time{seconds{100}};

restart_question question(strategy how, std::vector<restart_type> children, std::size_t failed,
                          exit_kind kind) {
  return {how,      std::move(children), failed, exit_cause{kind, "why"}, restart_window{3, seconds{5}},
          some_time};
}

// -- the whole matrix: restart type x exit reason x strategy
// -------------------------------------------------

/// Whether a restart is due: supervisor.erl `do_restart`. For dynamic children, what is not restarted is
/// forgotten.
struct row {
  restart_type type;
  exit_kind kind;
  action expected;
};

constexpr row matrix[] = {
    {restart_type::permanent, exit_kind::normal, action::restart},
    {restart_type::permanent, exit_kind::shutdown, action::restart},
    {restart_type::permanent, exit_kind::killed, action::restart},
    {restart_type::permanent, exit_kind::failure, action::restart},
    {restart_type::transient, exit_kind::normal, action::rest},
    {restart_type::transient, exit_kind::shutdown, action::rest},
    {restart_type::transient, exit_kind::killed, action::restart},
    {restart_type::transient, exit_kind::failure, action::restart},
    {restart_type::temporary, exit_kind::normal, action::forget},
    {restart_type::temporary, exit_kind::shutdown, action::forget},
    {restart_type::temporary, exit_kind::killed, action::forget},
    {restart_type::temporary, exit_kind::failure, action::forget},
};

class verdict_matrix : public ::testing::TestWithParam<std::tuple<row, strategy>> {};

TEST_P(verdict_matrix, restarts_exactly_when_due) {
  const auto& [row, how] = GetParam();
  const auto result = decide(question(how, {row.type}, 0, row.kind));
  const auto expected =
      row.expected == action::rest && how == strategy::dynamic ? action::forget : row.expected;
  EXPECT_EQ(result.what, expected);
  EXPECT_EQ(result.history.count(), expected == action::restart ? 1u : 0u) << "only restarts count";
}

std::string row_name(const ::testing::TestParamInfo<verdict_matrix::ParamType>& info) {
  const auto& [row, how] = info.param;
  return std::string{to_string(row.type)} + "_" + std::string{to_string(row.kind)} + "_" +
         std::string{to_string(how)};
}

INSTANTIATE_TEST_SUITE_P(all, verdict_matrix,
                         ::testing::Combine(::testing::ValuesIn(matrix),
                                            ::testing::Values(strategy::one_for_one, strategy::one_for_all,
                                                              strategy::rest_for_one, strategy::dynamic)),
                         row_name);

// -- whom a restart concerns
// ---------------------------------------------------------------------------------

const std::vector<restart_type> four{restart_type::permanent, restart_type::permanent,
                                     restart_type::transient, restart_type::permanent};

TEST(verdict, one_for_one_concerns_the_child_alone) {
  const auto group = group_of(strategy::one_for_one, four, 1);
  EXPECT_EQ(group.stop, positions{});
  EXPECT_EQ(group.start, positions{1});
}

TEST(verdict, one_for_all_stops_the_others_in_reverse_and_starts_all_in_order) {
  const auto group = group_of(strategy::one_for_all, four, 1);
  EXPECT_EQ(group.stop, (positions{3, 2, 0}));
  EXPECT_EQ(group.start, (positions{0, 1, 2, 3}));
}

TEST(verdict, rest_for_one_concerns_those_started_later) {
  const auto group = group_of(strategy::rest_for_one, four, 1);
  EXPECT_EQ(group.stop, (positions{3, 2}));
  EXPECT_EQ(group.start, (positions{1, 2, 3}));
}

TEST(verdict, a_temporary_sibling_is_stopped_but_not_started_again) {
  const auto group = group_of(strategy::one_for_all,
                              {restart_type::permanent, restart_type::temporary, restart_type::permanent}, 0);
  EXPECT_EQ(group.stop, (positions{2, 1}));
  EXPECT_EQ(group.start, (positions{0, 2}));
}

// -- the limit
// ------------------------------------------------------------------------------------------------

TEST(verdict, gives_up_at_one_restart_more_than_the_intensity) {
  auto asked = question(strategy::one_for_one, {restart_type::permanent}, 0, exit_kind::failure);
  for (auto restarts = 1u; restarts <= 3; ++restarts) {
    const auto result = decide(asked);
    ASSERT_EQ(result.what, action::restart);
    asked.history = result.history;
  }
  EXPECT_EQ(decide(asked).what, action::give_up);
}

TEST(verdict, an_intensity_of_zero_allows_no_restart) {
  auto asked = question(strategy::one_for_one, {restart_type::permanent}, 0, exit_kind::failure);
  asked.history = restart_window{0, seconds{5}};
  EXPECT_EQ(decide(asked).what, action::give_up);
}

TEST(verdict, an_end_without_restart_never_gives_up) {
  auto asked = question(strategy::one_for_one, {restart_type::transient}, 0, exit_kind::normal);
  asked.history = restart_window{0, seconds{5}};
  EXPECT_EQ(decide(asked).what, action::rest);
}

TEST(verdict, a_repeated_attempt_counts_and_needs_no_cause) {
  auto asked = question(strategy::rest_for_one, four, 2, exit_kind::normal);
  asked.cause.reset(); // its restart failed
  const auto result = decide(asked);
  EXPECT_EQ(result.what, action::restart);
  EXPECT_EQ(result.group.start, (positions{2, 3}));
  EXPECT_EQ(result.history.count(), 1u);
}

} // namespace
} // namespace sandboxd::supervision
