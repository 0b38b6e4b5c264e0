#include "inspector/event_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace sandboxd::inspector {
namespace {

using supervision::event_kind;
using supervision::journal_event;

journal_event event(event_kind kind, std::string path, std::string text) {
  journal_event made;
  made.sequence = 7;
  made.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'500));
  made.kind = kind;
  made.path = std::move(path);
  made.text = std::move(text);
  return made;
}

TEST(event_filter, without_conditions_lets_all_pass) {
  EXPECT_TRUE(event_filter{}.passes(event(event_kind::notice, "/root/a", "")));
}

TEST(event_filter, wants_what_is_at_or_below_a_path) {
  const auto one = event(event_kind::notice, "/root/a/b", "");
  EXPECT_TRUE((event_filter{"/root/a", "", ""}.passes(one)));
  EXPECT_TRUE((event_filter{"/root/a/b", "", ""}.passes(one)));
  EXPECT_TRUE((event_filter{"/", "", ""}.passes(one)));
  EXPECT_FALSE((event_filter{"/root/a/b/c", "", ""}.passes(one)));
  EXPECT_FALSE((event_filter{"/root/a/", "", ""}.passes(event(event_kind::notice, "/root/ab", ""))));
}

TEST(event_filter, wants_a_kind_and_words_in_any_case) {
  const auto one = event(event_kind::restarting, "/root/Shell", "failure: Bad descriptor");
  EXPECT_TRUE((event_filter{"", "restarting", ""}.passes(one)));
  EXPECT_FALSE((event_filter{"", "restart", ""}.passes(one)));
  EXPECT_TRUE((event_filter{"", "", "bad DESC"}.passes(one)));
  EXPECT_TRUE((event_filter{"", "", "shell"}.passes(one)));
  EXPECT_FALSE((event_filter{"", "", "good"}.passes(one)));
}

TEST(event_document, says_what_there_is_to_say) {
  auto one = event(event_kind::restarting, "/root/a", "failure: \"x\"");
  one.actor_kind = "shell";
  one.window_count = 2;
  one.window_limit = 5;
  EXPECT_EQ(nlohmann::json::parse(event_document(one)), (nlohmann::json{{"sequence", 7},
                                                                        {"time", "1970-01-01T00:00:01.500Z"},
                                                                        {"kind", "restarting"},
                                                                        {"path", "/root/a"},
                                                                        {"actorKind", "shell"},
                                                                        {"text", "failure: \"x\""},
                                                                        {"restartsInWindow", 2},
                                                                        {"intensity", 5}}));
}

} // namespace
} // namespace sandboxd::inspector
