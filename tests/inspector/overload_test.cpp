#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "tests/inspector/inspector_fixture.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <vector>

/// The inspector of a daemon in which no actor gets a thread and mailboxes are full.
namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t actor_threads = 2;
constexpr int messages = 20'000;

class overloaded_daemon : public inspected_daemon {
protected:
  overloaded_daemon() : inspected_daemon([](config::settings& s) { s.scheduler.threads = actor_threads; }) {}

  /// Each of the scheduler's threads is kept by a session that answers, until the end of the test.
  void keep_all_threads() {
    std::vector<actors::session_actor> sessions;
    for (std::uint64_t number = 0; number < actor_threads; ++number) {
      const auto id = fmt::format("busy-{}", number);
      ASSERT_EQ(b.create(id).status, 200);
      sessions.push_back(daemon.actors().find<actors::session_actor>(daemon.tree_of(id) + "/session"));
      ASSERT_TRUE(sessions.back());
    }
    for (const auto& session : sessions) {
      const actors::reply<actors::file_place> done([kept = kept_, over = over_](const auto&) {
        kept->count_down();
        over.wait();
      });
      caf::anon_send(session, actors::locate_files{"busy", actors::if_missing::refuse, done});
    }
    kept_->wait();
  }

  void fill_a_mailbox() {
    const auto manager = daemon.actors().find<actors::session_manager_actor>(actors::paths::session_manager);
    ASSERT_TRUE(manager);
    for (int count = 0; count < messages; ++count)
      caf::anon_send(manager,
                     actors::list_sessions{actors::reply<std::vector<std::string>>([](const auto&) {})});
  }

  void TearDown() override {
    end_.set_value();
    inspected_daemon::TearDown();
  }

private:
  std::shared_ptr<std::latch> kept_ = std::make_shared<std::latch>(actor_threads);
  std::promise<void> end_;
  const std::shared_future<void> over_ = end_.get_future().share();
};

TEST_F(overloaded_daemon, is_shown_by_its_inspector_all_the_same) {
  keep_all_threads();
  fill_a_mailbox();
  auto longest = 0us;
  // Whatever waited for an actor would never be answered: nobody lets them go before.
  for (const std::string path :
       {"/inspector/api/overview", "/inspector/api/actors?limit=10000", "/inspector/api/journal",
        "/inspector/api/requests", "/inspector/api/settings"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto answered = inspector.request("GET", path);
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::microseconds>(
                                    std::chrono::steady_clock::now() - began));
    EXPECT_EQ(answered.status, 200) << path;
  }
  const auto manager = actor(std::string(actors::paths::session_manager));
  EXPECT_GE(manager.at("mailbox").at("depth"), messages);
  RecordProperty("longest_microseconds", static_cast<int>(longest.count()));
  fmt::print("the slowest answer took {} us\n", longest.count());

  std::vector<std::string> rules;
  EXPECT_TRUE(eventually([&] { // a message is old after a second
    rules.clear();
    const auto overview = get("/inspector/api/overview");
    for (const auto& lint : overview.at("lints"))
      rules.push_back(lint.at("rule"));
    return std::ranges::find(rules, "old-message") != rules.end();
  }));
}

} // namespace
} // namespace sandboxd::testing
