#include "http/json_writer.hpp"

#include <gtest/gtest.h>

namespace sandboxd::http {
namespace {

TEST(a_json_writer, puts_commas_between_members_alone) {
  EXPECT_EQ(json_writer().finish(), "{}");
  EXPECT_EQ(json_writer().text("a", "{").number("b", -1).null("c").finish(), R"({"a":"{","b":-1,"c":null})");
}

TEST(a_json_writer, nests_objects) {
  EXPECT_EQ(json_writer().begin_object("a").end_object().finish(), R"({"a":{}})");
  EXPECT_EQ(json_writer()
                .number("a", 1)
                .begin_object("b")
                .boolean("c", true)
                .begin_object("d")
                .text("e", "f")
                .text("g", "")
                .end_object()
                .end_object()
                .boolean("h", false)
                .finish(),
            R"({"a":1,"b":{"c":true,"d":{"e":"f","g":""}},"h":false})");
}

TEST(a_json_writer, writes_the_elements_of_an_array_that_is_given_out_in_pieces) {
  json_writer piece;
  piece.begin_element(true).number("a", 1).boolean("b", true).end_object();
  piece.begin_element(false).begin_object("c").end_object().end_object();
  EXPECT_EQ(piece.size(), 25u);
  EXPECT_EQ(piece.take_members(), R"({"a":1,"b":true},{"c":{}})");
}

} // namespace
} // namespace sandboxd::http
