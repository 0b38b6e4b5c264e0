#include "supervision/supervisor.hpp"

#include "supervision/spawn.hpp"
#include "supervision/supervisor_state.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace sandboxd::supervision {

supervisor_actor::behavior_type supervisor(typed_stateful_pointer<supervisor_state, supervisor_actor> self,
                                           supervisor_spec spec) {
  self->state.begin(std::move(spec));
  return {
      [=](const start_child& request) { return self->state.start(request); },
      [=](const terminate_child& request) { return self->state.terminate(request); },
      [=](const restart_child& request) { return self->state.restart(request); },
      [=](const renew_child& request) { return self->state.renew(request); },
      [=](const delete_child& request) { return self->state.remove(request); },
      [=](const get_child& request) { return self->state.get(request); },
      [=](const await_ready&) { return self->state.ready(); },
      [=](const which_children&) { return self->state.which(); },
      [=](const count_children&) { return self->state.count(); },
      [=](const child_started& event) { self->state.on_started(event.actor_id); },
      [=](const deadline_passed&) { self->state.on_deadline(); },
      [=](const restart_due& event) { self->state.on_restart_due(event); },
  };
}

child_spec supervisor_child(std::string id, supervisor_spec spec) {
  child_spec child;
  child.id = std::move(id);
  child.shutdown = infinity{};
  child.type = child_type::supervisor;
  for (const auto& one : spec.children) // each has its own limit, and they start one after another
    child.start_timeout += one.start_timeout;
  child.start = supervised(supervisor, std::move(spec));
  return child;
}

supervisor_actor spawn_root(caf::actor_system& system, const observer_ptr& observer,
                            const supervisor_spec& spec, const std::string& name) {
  return spawn_unsupervised(system, observer, "/" + name, supervisor, spec);
}

void on_exit(const caf::strong_actor_ptr& actor, std::function<void(const caf::error&)> function) {
  actor->get()->attach_functor(
      [function = std::move(function)](const caf::error& reason) { function(reason); });
}

} // namespace sandboxd::supervision
