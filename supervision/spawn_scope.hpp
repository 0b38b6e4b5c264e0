#pragma once

#include "supervision/actor_record.hpp"
#include "supervision/directory.hpp"
#include "supervision/observer.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <chrono>
#include <exception>
#include <memory>

namespace sandboxd::supervision {

struct injected_fault;

/// What an actor is born with. CAF hands an actor spawned from a function nothing but its `actor_config`, so
/// this travels through a thread-local slot: the spawner fills it (`spawn_scope::offer`), the constructor of
/// the actor base, which runs inside the same call of `spawn`, takes it out.
struct spawn_scope {
  std::shared_ptr<actor_record> record; ///< never null in an actor
  observer_ptr observer;                ///< null outside of any tree
  caf::weak_actor_ptr supervisor;       ///< null for a root
  directory::registration listing;      ///< of a root; other actors are listed by their supervisor

  /// Fills the slot of this thread until destroyed.
  class offer {
  public:
    explicit offer(spawn_scope scope);
    offer(const offer&) = delete;
    offer& operator=(const offer&) = delete;
    ~offer();
  };

  /// Empties the slot of this thread. When nothing was offered, the actor gets a record that no directory
  /// lists.
  static spawn_scope take();
};

/// Measures one call of a handler, also when it is left by an exception.
class handling_timer {
public:
  explicit handling_timer(mailbox_meter& meter) noexcept : meter_(meter) {}
  handling_timer(const handling_timer&) = delete;
  handling_timer& operator=(const handling_timer&) = delete;
  ~handling_timer() {
    if (!skipped_)
      meter_.on_handled(mailbox_meter::clock::now() - begin_);
  }

  void skip() const noexcept { skipped_ = true; }

private:
  mailbox_meter& meter_;
  mailbox_meter::clock::time_point begin_ = mailbox_meter::clock::now();
  mutable bool skipped_ = false;
};

/// `supervision_error::exception` with the exception's text.
caf::error exception_to_error(const std::exception_ptr& thrown);

[[noreturn]] void throw_injected_fault(const injected_fault& fault);

/// Tells `supervisor`, if there is one, that the actor with this id has started.
void notify_started(const caf::weak_actor_ptr& supervisor, caf::actor_id who);

} // namespace sandboxd::supervision
