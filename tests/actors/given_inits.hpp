#pragma once

#include "launcher/unix_message.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// What a launcher that has no spawner was asked, and what it answers.
struct given_inits {
  int asked = 0;
  bool answers = true;
  std::optional<caf::error> problem;
  std::vector<launcher::descriptor> theirs; ///< the other ends of the sockets that were given out
  std::vector<caf::typed_response_promise<actors::init_socket>> unanswered;

  actors::init_socket make() {
    auto pair = launcher::make_seqpacket_pair();
    theirs.push_back(std::move(pair.second));
    return std::make_shared<launcher::descriptor>(std::move(pair.first));
  }
};

struct given_inits_state {
  static inline const char* name = "given-inits";
};

/// A launcher whose inits are sockets with nobody at the other end. Whom it owes an answer gets one when it
/// starts a spawner.
inline actors::launcher_actor::behavior_type
given_inits_behavior(supervision::typed_stateful_pointer<given_inits_state, actors::launcher_actor> self,
                     std::shared_ptr<given_inits> known) {
  return {
      [=](const actors::spawn_init&) -> caf::result<actors::init_socket> {
        ++known->asked;
        if (known->problem)
          return *known->problem;
        if (!known->answers) {
          known->unanswered.push_back(self->make_response_promise<actors::init_socket>());
          return known->unanswered.back();
        }
        return known->make();
      },
      [=](actors::start_spawner) {
        for (auto& promise : std::exchange(known->unanswered, {}))
          promise.deliver(known->make());
      },
      [](const actors::spawner_started&) {},
      [](const actors::spawner_reported&) {},
      [](const actors::spawner_ready&) {},
      [](const actors::spawner_died&) {},
  };
}

/// What a pool that does nothing was told.
struct told_pool {
  std::vector<actors::executor_joins> joined;
  std::vector<actors::executor_leaves> left;
  std::vector<actors::fork_server_changed> changes;
};

struct told_pool_state {
  static inline const char* name = "told-pool";
};

inline actors::executor_pool_actor::behavior_type
told_pool_behavior(supervision::typed_stateful_pointer<told_pool_state, actors::executor_pool_actor>,
                   std::shared_ptr<told_pool> known) {
  return {
      [](const actors::lease_executor&) {},
      [=](const actors::executor_joins& event) { known->joined.push_back(event); },
      [=](const actors::executor_leaves& event) { known->left.push_back(event); },
      [=](const actors::fork_server_changed& event) { known->changes.push_back(event); },
      [](const actors::run_ended&) {},
      [](const actors::turn_breaker&) {},
      [](actors::tend_pool) {},
  };
}

/// A part of the interpreter's tree among doubles, in virtual time.
class interpreter_world : public sandbox_world {
protected:
  std::shared_ptr<given_inits> inits = std::make_shared<given_inits>();
  std::shared_ptr<told_pool> pool = std::make_shared<told_pool>();

  void SetUp() override {
    settings->supervision.backoff_base = std::chrono::milliseconds(100);
    settings->supervision.backoff_max = std::chrono::seconds(1);
    spawn_at(actors::paths::launcher, given_inits_behavior, inits);
    run();
  }
  void TearDown() override {
    sandbox_world::TearDown();
    *inits = {};
    *pool = {};
  }
  /// No pause between two attempts is longer.
  static constexpr std::chrono::seconds longest_pause{1};
  static caf::error no_init() {
    return supervision::make_supervision_error(supervision::supervision_error::start_failed, "no room");
  }
};

} // namespace sandboxd::testing
