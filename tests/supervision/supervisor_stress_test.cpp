/// Supervisors on real threads: many clients start, stop, find and crash children at once.

#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace sandboxd::supervision {
namespace {

using namespace std::chrono_literals;

struct counting_state {
  static inline const char* name = "counting_child";
  explicit counting_state(caf::stateful_actor<counting_state, actor_base>*) { ++alive; }
  counting_state(const counting_state&) = delete;
  counting_state& operator=(const counting_state&) = delete;
  ~counting_state() { --alive; }
  static inline std::atomic<int> alive{0};
};

caf::behavior counting_child(stateful_pointer<counting_state>) {
  return {[](int number) { return number + 1; }};
}

child_spec session(const std::string& id) {
  child_spec spec;
  spec.id = id;
  spec.start = supervised(counting_child);
  return spec;
}

supervisor_spec forgiving(strategy how) {
  supervisor_spec spec;
  spec.strategy = how;
  spec.intensity = 1000000; // the crashes here are meant
  return spec;
}

/// One client: random requests for a few ids that it shares with the others.
void play_client(caf::actor_system& system, const observer_ptr& tree, const supervisor_actor& sessions,
                 unsigned seed, std::atomic<int>& unanswered) {
  caf::scoped_actor self{system};
  std::mt19937 random{seed};
  const auto pick = [&random](int high) { return std::uniform_int_distribution{0, high}(random); };
  const auto ignore = [&](const caf::error& problem) {
    unanswered += problem == caf::sec::request_timeout ? 1 : 0;
  };
  for (auto request = 0; request < 1500; ++request) {
    const auto id = "s" + std::to_string(pick(9));
    const auto path = "/root/sessions/" + id;
    switch (pick(4)) {
    case 0:
    case 1:
      self->request(sessions, 20s, start_child{session(id)})
          .receive([](const caf::strong_actor_ptr&) {}, ignore);
      break;
    case 2:
      self->request(sessions, 20s, terminate_child{id}).receive([] {}, ignore);
      break;
    case 3:
      tree->actors->inject_fault(path);
      break;
    default:
      if (const auto actor = tree->actors->find<caf::actor>(path))
        self->request(actor, 20s, 1).receive([](int) {}, ignore);
      static_cast<void>(tree->actors->snapshot());
    }
  }
}

TEST(supervisor_stress, answers_every_request_and_leaves_nothing_behind) {
  const auto tree = std::make_shared<observer>(100000);
  std::promise<caf::error> end;
  std::atomic<int> unanswered{0};
  {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", std::size_t{4});
    caf::actor_system system{config};
    auto spec = forgiving(strategy::one_for_one);
    spec.children = {supervisor_child("sessions", forgiving(strategy::dynamic))};
    const auto root = spawn_root(system, tree, spec);
    on_exit(caf::actor_cast<caf::strong_actor_ptr>(root),
            [&](const caf::error& reason) { end.set_value(reason); });
    {
      caf::scoped_actor self{system};
      self->request(root, 20s, await_ready{})
          .receive([] {}, [](const caf::error& e) { FAIL() << describe(e); });
    }
    const auto sessions = tree->actors->find<supervisor_actor>("/root/sessions");
    std::vector<std::thread> clients;
    clients.reserve(4);
    for (auto client = 0u; client < 4; ++client)
      clients.emplace_back([&, client] { play_client(system, tree, sessions, client, unanswered); });
    for (auto& client : clients)
      client.join();
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    auto ended = end.get_future();
    ASSERT_EQ(ended.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(ended.get(), polite_exit());
  }
  EXPECT_EQ(unanswered, 0);
  EXPECT_EQ(counting_state::alive, 0);
  EXPECT_EQ(tree->actors->size(), 0u);

  // Every actor that started has ended, once.
  std::unordered_map<std::string, int> alive;
  for (const auto& event : tree->events.read()) {
    const bool begins = event.kind == event_kind::started;
    const bool ends = event.kind == event_kind::stopped || event.kind == event_kind::exited;
    alive[event.path] += begins ? 1 : ends ? -1 : 0;
    ASSERT_EQ(alive[event.path], begins ? 1 : ends ? 0 : alive[event.path]) << event.path;
  }
  for (const auto& [path, count] : alive)
    EXPECT_EQ(count, 0) << path;
}

} // namespace
} // namespace sandboxd::supervision
