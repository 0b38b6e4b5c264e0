#pragma once

#include "supervision/child_spec.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::supervision {

/// Adds a child and starts it. Answers with its handle once it runs. Errors: `invalid_spec`,
/// `already_started` (the error's context holds a text and the handle), `already_present`,
/// `too_many_children`, `start_failed` and `start_timed_out` (the child is then not added), `stopping`.
struct start_child {
  child_spec spec;
};

/// Stops a child, politely and then by force, and answers when it has ended. Its spec stays unless the child
/// is temporary or dynamic. No error when the child was stopped already. Errors: `not_found`, `stopping`.
struct terminate_child {
  std::string id;
};

/// Starts a child that was stopped. Answers with its handle once it runs. Errors: `not_found`, `running`,
/// `restarting`, `start_failed`, `start_timed_out`, `dynamic_children`, `stopping`.
struct restart_child {
  std::string id;
};

/// Ends a running child, politely and then by force, and takes that for a failure: it is started again, with
/// those that the strategy concerns, within the intensity and after the backoff. OTP has no such request:
/// there people send an exit signal. Answers when it has been asked to end. Errors: `not_found`, `restarting`
/// (it does not run now), `temporary`, `stopping`.
struct renew_child {
  std::string id;
};

/// Removes the spec of a child that was stopped. Errors: `not_found`, `running`, `restarting`,
/// `dynamic_children`, `stopping`.
struct delete_child {
  std::string id;
};

/// Asks for the handle of a running child. Errors: `not_found`, `stopped`, `restarting` (does not run now).
/// `directory::find` answers the same without a message.
struct get_child {
  std::string id;
};

/// Answers when what the supervisor had to do before is done: sent right after `spawn_root`, when all
/// children of the spec run. Errors: `stopping`, among others because a child could not be started; a
/// supervisor that has ended already answers as CAF does, with its exit reason.
struct await_ready {};

/// Asks for all children.
struct which_children {};

/// Asks for the numbers of children.
struct count_children {};

enum class child_phase {
  starting,   ///< spawned, start not yet confirmed
  running,    ///< works
  exited,     ///< ended, the supervisor has not yet decided what to do
  restarting, ///< between two incarnations: its restart failed or waits for its backoff
  stopping,   ///< asked to stop
  stopped,    ///< not running, will not be restarted by itself
};

std::string_view to_string(child_phase phase) noexcept;

/// Whether a child in this phase has a living actor.
bool lives(child_phase phase) noexcept;

/// One child as `which_children` shows it.
struct child_info {
  std::string id;
  child_type type = child_type::worker;
  child_phase phase = child_phase::stopped;
  std::uint64_t restarts = 0;
  caf::strong_actor_ptr handle; ///< null unless starting, running or stopping
};

/// The answer to `which_children`, in start order.
using child_infos = std::vector<child_info>;

/// The answer to `count_children`, as in OTP.
struct child_counts {
  std::size_t specs = 0;       ///< children the supervisor knows (dynamic: always 1, as in OTP)
  std::size_t active = 0;      ///< of which are running
  std::size_t supervisors = 0; ///< of which are supervisors, running or not
  std::size_t workers = 0;     ///< of which are workers, running or not
};

// Messages of this library's actors among themselves.

/// From a child: its start is complete.
struct child_started {
  std::uint64_t actor_id;
};

/// From the clock: the grace or start time of a child may be over.
struct deadline_passed {};

/// From the supervisor or the clock: try to restart. Void when the child's ticket has changed since.
struct restart_due {
  std::string id;
  std::uint64_t ticket;
};

using supervisor_actor = caf::typed_actor< //
    caf::replies_to<start_child>::with<caf::strong_actor_ptr>, caf::replies_to<terminate_child>::with<void>,
    caf::replies_to<restart_child>::with<caf::strong_actor_ptr>, caf::replies_to<renew_child>::with<void>,
    caf::replies_to<delete_child>::with<void>, caf::replies_to<get_child>::with<caf::strong_actor_ptr>,
    caf::replies_to<await_ready>::with<void>, caf::replies_to<which_children>::with<child_infos>,
    caf::replies_to<count_children>::with<child_counts>, caf::reacts_to<child_started>,
    caf::reacts_to<deadline_passed>, caf::reacts_to<restart_due>>;

} // namespace sandboxd::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::terminate_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::restart_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::renew_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::delete_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::get_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::await_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::which_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::count_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::child_infos)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::child_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::child_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::deadline_passed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::restart_due)
