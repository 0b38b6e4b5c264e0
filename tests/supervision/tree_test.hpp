#pragma once

#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"
#include "tests/support/virtual_time.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::supervision {

/// What a test child does when it is asked to stop.
enum class manner {
  obeys,    ///< ends at once
  finishes, ///< has 300 ms of work to finish
  ignores,  ///< goes on
};

struct child_state {
  static inline const char* name = "test_child";
};

/// A child that answers an `int` with the next one.
inline caf::behavior test_child(stateful_pointer<child_state> self, manner manner) {
  if (manner != manner::obeys)
    self->set_exit_handler([=](caf::exit_msg& exit) {
      if (manner == manner::finishes)
        self->delayed_send(self, std::chrono::milliseconds{300}, caf::ok_atom_v, exit.reason);
    });
  return {
      [](int number) { return number + 1; },
      [=](caf::ok_atom, const caf::error& reason) { self->quit(reason); },
  };
}

/// A tree of supervisors in virtual time, and what its journal says.
class tree_test : public testing::virtual_time_test {
protected:
  tree_test() {
    tree->events.set_sink([this](const journal_event& event) {
      log.push_back(std::string{to_string(event.kind)} + " " + event.path);
      texts.push_back(event.text);
    });
  }

  void TearDown() override { // while there is still a log to write to
    for (const auto& actor : held_)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    held_.clear();
    finish();
  }

  /// Keeps an actor alive until the end of the test: without a handle it would end as `unreachable`.
  template <class Handle>
  Handle hold(Handle actor) {
    held_.push_back(caf::actor_cast<caf::strong_actor_ptr>(actor));
    return actor;
  }

  static child_spec child(std::string id, manner manner = manner::obeys) {
    child_spec spec;
    spec.id = std::move(id);
    spec.start = supervised(test_child, manner);
    return spec;
  }

  static supervisor_spec supervise(strategy how, std::vector<child_spec> children) {
    supervisor_spec spec;
    spec.strategy = how;
    spec.children = std::move(children);
    return spec;
  }

  /// Starts the tree at "/root" and forgets what the journal said about it.
  supervisor_actor start(const supervisor_spec& spec) {
    auto root = hold(spawn_root(system, tree, spec));
    on_exit(caf::actor_cast<caf::strong_actor_ptr>(root),
            [this](const caf::error& reason) { ended = reason; });
    run();
    log.clear();
    texts.clear();
    return root;
  }

  void crash(const std::string& path) {
    ASSERT_TRUE(tree->actors->inject_fault(path, "boom")) << path;
    run();
  }

  static void stop(const supervisor_actor& supervisor) {
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  }

  caf::strong_actor_ptr at(const std::string& path) { return tree->actors->find(path); }

  using lines = std::vector<std::string>;

  observer_ptr tree = std::make_shared<observer>();
  lines log;                       ///< "<kind> <path>" of every event
  lines texts;                     ///< and its text
  std::optional<caf::error> ended; ///< why the root ended

private:
  std::vector<caf::strong_actor_ptr> held_;
};

} // namespace sandboxd::supervision
