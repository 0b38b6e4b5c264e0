#include "inspector/sandboxctl/tree.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

actor one(const std::string& path, const std::string& kind, const std::string& status = {}) {
  actor made;
  made.path = path;
  made.kind = kind;
  made.phase = "running";
  made.status = status;
  return made;
}

actor supervisor(const std::string& path, const std::string& strategy) {
  auto made = one(path, "supervisor");
  made.supervisor = {.strategy = strategy, .intensity = 5, .period_seconds = 10, .used = 0, .left = 5};
  return made;
}

std::string drawn(const std::vector<actor>& actors, const tree_style& style = {}) {
  return painted(draw_tree(actors, style), {.is_utf8 = style.is_utf8});
}

const std::vector<actor> small{supervisor("/root/box", "dynamic"),
                               one("/root/box/10", "session"),
                               one("/root/box/9", "session", "idle"),
                               one("/root/box-1", "b"),
                               one("/root/http", "http"),
                               supervisor("/root", "one_for_one")};

TEST(a_tree, is_drawn_with_boxes) {
  EXPECT_EQ(drawn(small), "/root  supervisor  one_for_one\n"
                          "├─ box  supervisor  dynamic (2)\n"
                          "│  ├─ 9  session  idle\n"
                          "│  └─ 10  session\n"
                          "├─ box-1  b\n"
                          "└─ http\n");
}

TEST(a_tree, is_drawn_with_ascii) {
  EXPECT_EQ(drawn(small, {.is_utf8 = false}), "/root  supervisor  one_for_one\n"
                                              "|- box  supervisor  dynamic (2)\n"
                                              "|  |- 9  session  idle\n"
                                              "|  `- 10  session\n"
                                              "|- box-1  b\n"
                                              "`- http\n");
}

TEST(a_tree, begins_where_no_supervisor_is_known) {
  EXPECT_EQ(drawn({one("/root/a/x", "k"), one("/root/a/x/y", "y")}), "/root/a/x  k\n└─ y\n");
  EXPECT_EQ(drawn({}), "");
}

TEST(a_tree, shows_ids_and_what_is_remarkable) {
  auto session = one("/root/1", "session", "running: \x1b[2J");
  session.details = {{"command", "x"}, {"id", "al\npha"}};
  session.restarts = 2;
  EXPECT_EQ(drawn({session}), "/root/1 al\\npha  session  running: \\x1b[2J  [2 restarts]\n");
}

std::vector<actor> many(int count) {
  std::vector<actor> actors{supervisor("/root", "dynamic")};
  for (int i = 1; i <= count; ++i)
    actors.push_back(one("/root/" + std::to_string(i), "s"));
  return actors;
}

TEST(a_tree, cuts_many_dynamic_children) {
  EXPECT_EQ(drawn(many(4), {.most_children = 2}), "/root  supervisor  dynamic (4)\n"
                                                  "├─ 1  s\n"
                                                  "├─ 2  s\n"
                                                  "└─ ... and 2 more\n");
  EXPECT_EQ(drawn(many(3), {.most_children = 2}),
            "/root  supervisor  dynamic (3)\n├─ 1  s\n├─ 2  s\n└─ 3  s\n");
  EXPECT_EQ(drawn(many(4), {.most_children = 0}),
            "/root  supervisor  dynamic (4)\n├─ 1  s\n├─ 2  s\n├─ 3  s\n└─ 4  s\n");
  EXPECT_NE(drawn(many(10'000)).find("└─ ... and 9,990 more\n"), std::string::npos);
}

TEST(a_tree, rather_cuts_children_without_anything_remarkable_below) {
  auto actors = many(4);
  auto below = one("/root/3/x", "x");
  below.phase = "exited";
  actors.push_back(below);
  EXPECT_EQ(drawn(actors, {.most_children = 2}), "/root  supervisor  dynamic (4)\n"
                                                 "├─ 1  s\n"
                                                 "├─ 3  s\n"
                                                 "│  └─ x  [exited]\n"
                                                 "└─ ... and 2 more\n");
}

TEST(a_tree, does_not_cut_other_supervisors) {
  auto actors = many(20);
  actors.front().supervisor->strategy = "one_for_one";
  EXPECT_EQ(draw_tree(actors, {}).size(), 21u);
}

} // namespace
} // namespace sandboxd::sandboxctl
