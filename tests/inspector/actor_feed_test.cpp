#include "inspector/actor_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace sandboxd::inspector {
namespace {

using supervision::actor_record;
using supervision::directory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class actor_feed_test : public ::testing::Test {
protected:
  directory::registration enter(const std::string& path) {
    return actors->enter(std::make_shared<actor_record>(path, "test"));
  }

  std::vector<std::string> changed_paths() {
    last = feed.look();
    std::vector<std::string> paths;
    for (const auto& record : last.changed)
      paths.push_back(record->path());
    return paths;
  }

  std::shared_ptr<directory> actors = std::make_shared<directory>();
  actor_feed feed{actors};
  actor_feed::changes last;
};

TEST_F(actor_feed_test, tells_everybody_once_and_then_nothing) {
  const auto a = enter("/a");
  const auto b = enter("/b");
  EXPECT_THAT(changed_paths(), UnorderedElementsAre("/a", "/b"));
  EXPECT_THAT(changed_paths(), IsEmpty());
  EXPECT_THAT(last.gone, IsEmpty());
}

TEST_F(actor_feed_test, tells_who_has_changed_a_word_or_got_or_handled_a_message) {
  const auto a = enter("/a");
  const auto b = enter("/b");
  changed_paths();
  a.record()->status("busy");
  EXPECT_THAT(changed_paths(), ElementsAre("/a"));
  b.record()->mailbox().on_enqueue(actor_record::clock::now());
  EXPECT_THAT(changed_paths(), ElementsAre("/b"));
  EXPECT_THAT(changed_paths(), ElementsAre("/b")) << "its message gets older";
  b.record()->mailbox().on_handled({});
  EXPECT_THAT(changed_paths(), ElementsAre("/b"));
  b.record()->phase(supervision::actor_phase::exited);
  EXPECT_THAT(changed_paths(), ElementsAre("/b"));
}

TEST_F(actor_feed_test, tells_who_is_gone_once) {
  auto a = enter("/a");
  changed_paths();
  a.reset();
  EXPECT_THAT(changed_paths(), IsEmpty());
  EXPECT_THAT(last.gone, ElementsAre("/a"));
  changed_paths();
  EXPECT_THAT(last.gone, IsEmpty());
}

TEST_F(actor_feed_test, tells_of_another_incarnation_as_of_a_change) {
  auto a = enter("/a");
  changed_paths();
  a = enter("/a");
  EXPECT_THAT(changed_paths(), ElementsAre("/a"));
  EXPECT_THAT(last.gone, IsEmpty());
}

TEST_F(actor_feed_test, knows_nothing_of_who_came_and_went_between_two_looks) {
  changed_paths();
  enter("/short");
  EXPECT_THAT(changed_paths(), IsEmpty());
  EXPECT_THAT(last.gone, IsEmpty());
}

} // namespace
} // namespace sandboxd::inspector
