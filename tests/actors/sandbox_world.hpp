#pragma once

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "actors/services.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"
#include "tests/actors/recording.hpp"
#include "tests/support/virtual_time.hpp"

#include <caf/actor_cast.hpp>
#include <caf/expected.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// What a supervisor that does only as it is told has been asked, and what it answers.
struct obedient_supervisor {
  std::vector<std::string> started; ///< child ids
  std::vector<std::string> terminated;
  bool takes_its_time = false; ///< terminations are answered on `deadline_passed`
  std::deque<caf::typed_response_promise<void>> terminations;
  std::map<std::string, caf::typed_response_promise<caf::strong_actor_ptr>> pending;
  std::map<std::string, caf::expected<caf::strong_actor_ptr>> outcomes; ///< of starts, for `restart_due`
  supervision::child_infos children;                                    ///< for `which_children`
};

struct obedient_supervisor_state {
  static inline const char* name = "obedient-supervisor";
};

inline supervision::supervisor_actor::behavior_type obedient_supervisor_behavior(
    supervision::typed_stateful_pointer<obedient_supervisor_state, supervision::supervisor_actor> self,
    std::shared_ptr<obedient_supervisor> known) {
  namespace s = supervision;
  const auto cannot = [] { return caf::make_error(caf::sec::unexpected_message); };
  return {
      [=](const s::start_child& request) -> caf::result<caf::strong_actor_ptr> {
        known->started.push_back(request.spec.id);
        auto promise = self->make_response_promise<caf::strong_actor_ptr>();
        known->pending[request.spec.id] = promise;
        return promise;
      },
      [=](const s::terminate_child& request) -> caf::result<void> {
        known->terminated.push_back(request.id);
        if (!known->takes_its_time)
          return caf::unit;
        known->terminations.push_back(self->make_response_promise<void>());
        return known->terminations.back();
      },
      [=](const s::restart_child&) -> caf::result<caf::strong_actor_ptr> { return cannot(); },
      [=](const s::renew_child&) -> caf::result<void> { return cannot(); },
      [=](const s::delete_child&) -> caf::result<void> { return cannot(); },
      [=](const s::get_child&) -> caf::result<caf::strong_actor_ptr> { return cannot(); },
      [=](s::await_ready) -> caf::result<void> { return caf::unit; },
      [=](s::which_children) -> caf::result<s::child_infos> { return known->children; },
      [=](s::count_children) -> caf::result<s::child_counts> { return s::child_counts{}; },
      [](const s::child_started&) {},
      [=](s::deadline_passed) { // from the test: the oldest termination is done
        static_cast<caf::response_promise&>(known->terminations.front()).deliver(caf::unit);
        known->terminations.pop_front();
      },
      [=](const s::restart_due& settled) { // from the test: the outcome of this start is known
        auto promise = known->pending.extract(settled.id);
        auto& outcome = known->outcomes.at(settled.id);
        if (outcome)
          promise.mapped().deliver(*outcome);
        else
          promise.mapped().deliver(outcome.error());
      },
  };
}

/// What a session that does nothing has been told.
struct idle_session {
  actors::session_options options;
  std::vector<actors::run_command> commands;
  bool closed = false;
  bool blank = false; ///< lost its state with its shell
};

struct idle_session_state {
  static inline const char* name = "idle-session";
};

inline actors::session_actor::behavior_type
idle_session_behavior(supervision::typed_stateful_pointer<idle_session_state, actors::session_actor>,
                      std::shared_ptr<idle_session> known) {
  return {
      [=](actors::run_command& command) { known->commands.push_back(std::move(command)); },
      [](actors::get_shell_start) -> caf::result<actors::shell_start> { return actors::shell_start{}; },
      [](actors::shell_is_free&) {},
      [](const actors::shell_is_gone&) {},
      [](actors::stream_ended) {},
      [](actors::restart_shell) {},
      [=](actors::close_session) { known->closed = true; },
      [=](actors::get_session_options) -> caf::result<actors::session_options> { return known->options; },
      [=](actors::is_blank) -> caf::result<bool> { return known->blank; },
      [=](const actors::locate_files& request) {
        request.done.deliver(actors::file_place{nullptr, nullptr, "/where/the/session/is"});
      },
  };
}

/// The tree of actors in virtual time, to be filled by the test.
class sandbox_world : public virtual_time_test {
protected:
  supervision::observer_ptr tree = std::make_shared<supervision::observer>();
  asio::io_context io;
  std::shared_ptr<config::settings> settings = [] {
    auto made = std::make_shared<config::settings>();
    made->sandbox.program_directory = "/programs";
    return made;
  }();
  actors::services_ptr context =
      std::make_shared<actors::services>(io, settings, TempDir(), std::vector<std::string>{});

  static std::string TempDir() { return ::testing::TempDir(); }

  /// Spawns an actor at a path, unsupervised; it ends with the test.
  template <class Function, class... Arguments>
  auto spawn_at(const std::string& path, Function function, Arguments... arguments) {
    auto handle = supervision::spawn_unsupervised(system, tree, path, function, arguments...);
    actors_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

  caf::actor spawn_tree() {
    // With an argument, because CAF passes none by a null reference.
    actors_.push_back(
        system.spawn([](caf::event_based_actor*, int) -> caf::behavior { return {[](int) {}}; }, 0));
    return actors_.back();
  }

  void TearDown() override {
    for (const auto& actor : actors_)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    actors_.clear();
    run();
  }

private:
  std::vector<caf::actor> actors_;
};

} // namespace sandboxd::testing
