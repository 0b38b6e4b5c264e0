#pragma once

#include "supervision/backoff.hpp"
#include "supervision/observer.hpp"
#include "supervision/verdict.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sandboxd::supervision {

/// Where and for whom a start function spawns. Filled by the supervisor.
struct spawn_context {
  caf::actor_system& system;
  observer_ptr observer;
  std::shared_ptr<actor_record> record; ///< of the actor to be
  caf::strong_actor_ptr supervisor;     ///< gets the confirmation of the start; null for a root
};

/// Spawns the child and returns its handle, or says why it cannot. It runs inside the supervisor, so it must
/// not block. Do not write one by hand: `supervised(function, arguments...)` of spawn.hpp makes it.
using start_function = std::function<caf::expected<caf::strong_actor_ptr>(const spawn_context&)>;

/// Longest grace, start time and backoff of a spec: far beyond use, and no point in time overflows.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24 * 365);

/// How a child is stopped (OTP `shutdown`).
struct brutal_kill {}; ///< killed at once, without being asked
struct infinity {};    ///< asked politely and waited for, however long; for supervisors
/// Milliseconds: asked politely and killed when they are over.
using shutdown_mode = std::variant<std::chrono::milliseconds, brutal_kill, infinity>;

enum class child_type { worker, supervisor };

/// One child of a supervisor, as data. Defaults are OTP's.
struct child_spec {
  std::string id;       ///< unique among its siblings; part of the path: not empty, no '/', at most 128 bytes
  start_function start; ///< must be set
  restart_type restart = restart_type::permanent;
  shutdown_mode shutdown = std::chrono::milliseconds{5000}; ///< a grace: 0 to `longest_wait`
  child_type type = child_type::worker;
  std::string kind; ///< what the directory calls this sort of actor; empty: the actor's own name
  /// How long the child may take from its spawn to its confirmation of the start (for an actor that does not
  /// defer it: until it has run its function). Longer is a failed start. 1 ms to `longest_wait`.
  std::chrono::milliseconds start_timeout = std::chrono::seconds(30);
};

/// A supervisor, as data. Defaults are OTP's.
struct supervisor_spec {
  supervision::strategy strategy = strategy::one_for_one;
  std::size_t intensity = 1;      ///< restarts allowed within `period`; one more and the supervisor gives up
  std::chrono::seconds period{5}; ///< at least 1 s
  std::vector<child_spec> children; ///< started in this order, stopped in reverse; empty for `dynamic`
  std::size_t max_children = 0;     ///< `start_child` beyond this many is refused; 0 = no limit
  /// Wait between a child's failure and its restart, per child. Off by default, as in OTP. The restart counts
  /// in the window at the time of the failure; siblings the strategy concerns are stopped at once.
  backoff_policy backoff{};
  uniform_random random = default_random; ///< for the backoff's jitter
  restart_rule rule = decide;             ///< replaced in tests only
};

/// Checks every field. The error is `invalid_spec` and names child, field, value and what is allowed.
caf::error validate(const child_spec& spec);

/// Checks every field, all children and that their ids differ.
caf::error validate(const supervisor_spec& spec);

} // namespace sandboxd::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::child_spec)
