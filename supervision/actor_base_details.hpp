#pragma once

#include "supervision/actor_record.hpp"
#include "supervision/mailbox_meter.hpp"
#include "supervision/trace.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>

#include <exception>
#include <optional>

namespace sandboxd::supervision {

struct injected_fault;

/// The parts of the actor base that are no template.

/// Measures one call of a handler, also when it is left by an exception, and how long its message has waited.
class handling_timer {
public:
  explicit handling_timer(mailbox_meter& meter) noexcept : meter_(meter) { meter.on_taken(begin_); }
  handling_timer(const handling_timer&) = delete;
  handling_timer& operator=(const handling_timer&) = delete;
  ~handling_timer() {
    if (skipped_)
      return;
    const auto end = mailbox_meter::clock::now();
    meter_.on_handled(end - begin_);
    if (end - begin_ >= mailbox_meter::long_handler)
      meter_.on_long_handler(end);
  }

  /// The message was not handled, it stays in the mailbox.
  void skip() noexcept { skipped_ = true; }

private:
  mailbox_meter& meter_;
  mailbox_meter::clock::time_point begin_ = mailbox_meter::clock::now();
  bool skipped_ = false;
};

/// Traces the start of an actor that was spawned for a request which is traced: what it does and sends then
/// is for the same request.
class traced_start {
public:
  traced_start(const actor_record& record, const trace_origin& origin);

private:
  traced_work work_;
  trace_scope scope_;
};

/// Traces the handling of a message that was sent for a request which is traced: what the handler sends is
/// for the same request.
class traced_handling {
public:
  traced_handling(actor_record& record, const caf::mailbox_element& element);
  traced_handling(const traced_handling&) = delete;
  traced_handling& operator=(const traced_handling&) = delete;
  ~traced_handling();

  /// The message was not handled, it stays in the mailbox and comes again.
  void skip();

private:
  actor_record& record_;
  std::optional<traced_messages::entry> taken_;
  std::uint64_t span_ = 0;
  std::optional<trace_scope> scope_;
};

/// Notes for which request a message is sent, if that is traced. Before it is in the mailbox.
inline void trace_message(actor_record& record, const caf::mailbox_element& element,
                          mailbox_meter::clock::time_point now) {
  if (const auto& origin = current_origin())
    record.traced().expect({&element, origin, now});
}

/// `supervision_error::exception` with the exception's text.
caf::error exception_to_error(const std::exception_ptr& thrown);

[[noreturn]] void throw_injected_fault(const injected_fault& fault);

/// Tells `supervisor`, if there is one, that the actor with this id has started.
void notify_started(const caf::weak_actor_ptr& supervisor, caf::actor_id who);

} // namespace sandboxd::supervision
