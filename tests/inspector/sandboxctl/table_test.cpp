#include "inspector/sandboxctl/table.hpp"

#include <gtest/gtest.h>

namespace sandboxd::sandboxctl {
namespace {

TEST(a_table, has_columns_as_wide_as_their_widest_cell) {
  EXPECT_EQ(painted(lay_out({{"NAME"}, {"N", side::right}, {"TEXT"}},
                            {{{"größer"}, {"1"}, {"a"}}, {{"b"}, {"234"}, {"long text"}}, {{"c"}}, {}}),
                    {}),
            "NAME      N  TEXT\n"
            "größer    1  a\n"
            "b       234  long text\n"
            "c\n"
            "\n");
}

TEST(a_table, has_no_spaces_before_nothing) {
  EXPECT_EQ(painted(lay_out({{"A"}, {"B"}}, {{{"x"}, {""}}}), {}), "A  B\nx\n");
}

TEST(a_table, cuts_cells_that_are_wider_than_their_column_may_be) {
  EXPECT_EQ(painted(lay_out({{"A", side::left, 4}, {"B"}}, {{{"abcdef"}, {"x"}}}), {}), "A     B\nabc…  x\n");
}

TEST(a_table, counts_what_is_shown) {
  EXPECT_EQ(painted(lay_out({{"A"}, {"B"}}, {{{"\n"}, {"x"}}}), {}), "A   B\n\\n  x\n");
}

TEST(a_table, may_have_no_rows) {
  EXPECT_EQ(painted(lay_out({{"A"}, {"B"}}, {}), {}), "A  B\n");
}

} // namespace
} // namespace sandboxd::sandboxctl
