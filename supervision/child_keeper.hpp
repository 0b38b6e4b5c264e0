#pragma once

#include "supervision/actor_base.hpp"
#include "supervision/child_table.hpp"
#include "supervision/deadlines.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/error.hpp>
#include <caf/system_messages.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace sandboxd::supervision {

/// The half of a supervisor that deals with actors: it spawns, watches, stops and kills the children of one
/// supervisor and notes it in the journal. It decides nothing. What takes several messages ends in a function
/// that the caller gave; the caller sees to it that a child has only one start or stop under way.
class child_keeper {
public:
  using self_pointer = typed_actor_base<supervisor_actor>*;
  using continuation = std::function<void()>;
  using outcome = std::function<void(const caf::error&)>; ///< the empty error means success
  using group_outcome = std::function<void(const std::string& failed_id, const caf::error&)>;

  /// `dynamic`: children are forgotten as soon as they are stopped.
  child_keeper(self_pointer self, bool dynamic) : self_(self), dynamic_(dynamic) {}
  child_keeper(const child_keeper&) = delete;
  child_keeper& operator=(const child_keeper&) = delete;
  ~child_keeper(); ///< kills the children that still live: the supervisor did not end in good order

  child_table& children() noexcept { return children_; }
  const child_table& children() const noexcept { return children_; }

  /// Starts the child's actor; `then` gets `start_failed` or `start_timed_out` if that fails.
  void bring_up(child& entry, outcome then);

  /// Starts several, each after the one before runs; ends at the first failure.
  void bring_up_all(std::vector<std::string> ids, group_outcome then);

  /// Stops the child's actor as its spec says, if one lives, and calls off a restart that is due. Children
  /// without a future (temporary or dynamic ones) are removed.
  void bring_down(child& entry, continuation then);

  /// Asks the child's actor to end as its spec says, and takes that for a failure, unless it has been asked,
  /// or has ended for another reason.
  void renew(child& entry);

  /// Stops several, each after the one before has ended.
  void bring_down_all(std::vector<std::string> ids, continuation then);

  /// The supervisor is about to end: children that are starting are told so at once, as their spec says, and
  /// no other is started. The starts under way fail.
  void call_off_starts();

  /// The child has no actor: `next` is `stopped` or `restarting`.
  static void settle(child& entry, child_phase next);

  // Events of the supervisor's mailbox.
  void on_started(caf::actor_id who);
  void on_deadline();
  /// Returns the child that ended without having been asked to; somebody has to decide what becomes of it.
  child* on_down(const caf::down_msg& down);

  /// Writes to the journal; `window` where the kind of event has one.
  void note(event_kind kind, const child& entry, std::string text = {},
            const restart_window* window = nullptr);

  /// Time as the supervisor's actor system counts it.
  std::chrono::steady_clock::time_point now() const;

private:
  bool ask_to_end(child& entry); ///< false: it has ended already
  void kill(child& entry);
  void set_deadline(const child& entry, std::chrono::milliseconds from_now);
  void start_failed(child& entry, supervision_error code, const std::string& why);
  std::string path_of(const child& entry) const;
  outcome finish(child& entry);

  self_pointer self_;
  bool dynamic_;
  bool called_off_ = false;
  child_table children_;
  deadlines deadlines_;
};

} // namespace sandboxd::supervision
