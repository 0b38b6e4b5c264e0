#pragma once

#include "supervision/actor_base.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>

namespace sandboxd::supervision {

class supervisor_state;

/// A supervisor with the semantics of OTP's `supervisor` (stdlib 4.2): it starts its children in order, each
/// after the one before has confirmed its start; restarts them by their restart type and its strategy; gives
/// up (stops all children and itself) when restarts exceed the intensity; and stops its children in reverse
/// order, each politely first and by force after its grace. While it does one of these things requests wait,
/// except for the questions (`get_child`, `which_children`, `count_children`). A dynamic supervisor does them
/// for each child independently, so one that takes its time to stop holds up nobody, and stops all its
/// children at the same time.
///
/// Force is a `kill` message, which an actor obeys between two messages: a handler that does not return (in a
/// `detached` actor that blocks, say) cannot be interrupted. The supervisor then waits and the journal says
/// so.
///
/// It ends when it receives any exit message (`send_exit(supervisor, polite_exit())`) after stopping its
/// children (those that are still starting too, if it is itself still starting or dynamic; else it waits for
/// the start under way, as OTP does), with the reason it was given; when it gives up, with
/// `supervision_error::gave_up`; when a child of its spec cannot be started at the beginning, with
/// `start_failed`; when its spec is not valid, with `invalid_spec`. If it is killed, it kills all its
/// children at once.
supervisor_actor::behavior_type supervisor(typed_stateful_pointer<supervisor_state, supervisor_actor> self,
                                           supervisor_spec spec);

/// The child spec of a supervisor under a supervisor: permanent, of type supervisor, stopped without a limit
/// of time (its own children have theirs), with as much time to start as they may take together and some
/// more.
child_spec supervisor_child(std::string id, supervisor_spec spec);

/// Spawns the supervisor at the root of a tree, at path "/" + `name`. Keep the handle as long as the tree
/// shall live. `await_ready` tells when all have started; the end of the root is the end of the tree: see
/// `on_exit`.
supervisor_actor spawn_root(caf::actor_system& system, const observer_ptr& observer,
                            const supervisor_spec& spec, const std::string& name = "root");

/// Calls `function` with the exit reason when `actor` ends, on the thread it ends on, or at once if it has.
/// The way for main() to see the root end: `is(reason, supervision_error::gave_up)` means exit non-zero.
void on_exit(const caf::strong_actor_ptr& actor, std::function<void(const caf::error&)> function);

} // namespace sandboxd::supervision
