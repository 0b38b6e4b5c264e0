#include "supervision/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::supervision {
namespace {

struct row {
  caf::error reason;
  exit_kind kind;
  std::string words;
};

TEST(errors, put_every_exit_reason_into_its_class) {
  const std::vector<row> table{
      {{}, exit_kind::normal, "normal"},
      {caf::exit_reason::normal, exit_kind::normal, "normal"},
      {caf::exit_reason::user_shutdown, exit_kind::shutdown, "user_shutdown"},
      {polite_exit(), exit_kind::shutdown, "user_shutdown"},
      {make_supervision_error(supervision_error::shutdown, "idle for an hour"), exit_kind::shutdown,
       "shutdown: idle for an hour"},
      {make_supervision_error(supervision_error::gave_up, "child 'a'"), exit_kind::shutdown,
       "gave_up: child 'a'"},
      {caf::exit_reason::kill, exit_kind::killed, "kill"},
      {caf::exit_reason::unreachable, exit_kind::failure, "unreachable"},
      {caf::sec::request_timeout, exit_kind::failure, "request_timeout"},
      {make_supervision_error(supervision_error::exception, "bad"), exit_kind::failure, "exception: bad"},
      {make_supervision_error(supervision_error::start_failed, "bad"), exit_kind::failure,
       "start_failed: bad"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(classify(row.reason).kind, row.kind) << row.words;
    EXPECT_EQ(describe(row.reason), row.words);
  }
}

TEST(errors, name_no_class_twice) {
  const auto ended = make_supervision_error(supervision_error::shutdown, "idle for an hour");
  EXPECT_EQ(to_string(classify(ended)), "shutdown: idle for an hour");
}

TEST(errors, keep_the_words_of_a_failure) {
  EXPECT_EQ(to_string(classify(make_supervision_error(supervision_error::exception, "bad descriptor"))),
            "failure: exception: bad descriptor");
  EXPECT_EQ(to_string(classify(polite_exit())), "shutdown");
}

TEST(errors, are_told_apart_by_category_and_code) {
  EXPECT_TRUE(is(make_supervision_error(supervision_error::not_found, "x"), supervision_error::not_found));
  EXPECT_FALSE(is(make_supervision_error(supervision_error::running, "x"), supervision_error::not_found));
  EXPECT_FALSE(is({}, supervision_error::not_found));
  EXPECT_FALSE(is(caf::error{10, caf::atom("other")}, supervision_error::not_found));
}

} // namespace
} // namespace sandboxd::supervision
