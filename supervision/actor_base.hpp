#pragma once

#include "supervision/actor_base_details.hpp"
#include "supervision/actor_detail.hpp"
#include "supervision/actor_record.hpp"
#include "supervision/errors.hpp"
#include "supervision/injected_fault.hpp"
#include "supervision/observer.hpp"
#include "supervision/spawn_scope.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_view.hpp>
#include <caf/result.hpp>
#include <caf/sec.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace sandboxd::supervision {

/// The base of every actor of the project, laid over one of CAF's. It counts messages, mailbox depth and age
/// and handling time in the actor's record, traces what is done for requests, keeps the text of an exception
/// as exit reason and last error, confirms the start to the supervisor, obeys `kill` even while a response is
/// awaited, throws when a test injects a fault, and refuses messages it has no handler for with
/// `unexpected_message`, keeping their text as last error. Actors use it through the aliases below and need
/// do nothing else.
template <class Base>
class supervised_actor : public Base {
public:
  template <class... Ts>
  explicit supervised_actor(caf::actor_config& config, Ts&&... arguments)
      : Base(config, std::forward<Ts>(arguments)...), scope_(spawn_scope::take()) {
    this->set_exception_handler([record = scope_.record](std::exception_ptr& thrown) {
      auto reason = exception_to_error(thrown);
      record->last_error(describe(reason));
      return reason;
    });
    this->set_default_handler([record = scope_.record](caf::scheduled_actor*, caf::message_view& view) {
      record->last_error("unexpected message " + view.content().stringify());
      return caf::result<caf::message>{caf::make_error(caf::sec::unexpected_message)};
    });
  }

  /// Says in the words of the domain what the actor is doing, e.g. "idle"; shown in the directory.
  void set_status(std::string_view text) { scope_.record->status(text); }

  /// Says the same in single facts; shown in the directory.
  void set_details(actor_details all) { scope_.record->details(std::move(all)); }

  /// Names the OS process that the actor stands for, as this process sees its number; 0 = none (any more).
  void set_process(pid_t number) { scope_.record->process(number); }

  /// Says when what it stands for is started again; nothing: that is not waited for (any more).
  void set_restart_due(std::optional<std::chrono::system_clock::time_point> when) {
    scope_.record->restart_due(when);
  }

  /// Keeps the text of an error that the actor survived; shown in the directory.
  void set_last_error(std::string_view text) { scope_.record->last_error(text); }

  /// This actor's record. Never null.
  const std::shared_ptr<actor_record>& record() const noexcept { return scope_.record; }

  /// Directory and journal of the tree this actor lives in; null when it was spawned outside of any tree.
  const observer_ptr& observer() const noexcept { return scope_.observer; }

  /// Called in the actor's function: the start is not complete when that function returns, but when the actor
  /// calls `confirm_start`. Until then the supervisor starts no later sibling. An actor that ends before has
  /// failed to start.
  void defer_start() noexcept { start_is_deferred_ = true; }

  /// Tells the supervisor that the start is complete. Further calls have no effect.
  void confirm_start() {
    if (std::exchange(start_is_confirmed_, true))
      return;
    scope_.record->phase(actor_phase::running);
    notify_started(scope_.supervisor, this->id());
  }

  // What follows is called by CAF.

  using Base::consume;
  using Base::enqueue;

  void launch(caf::execution_unit* host, bool lazy, bool hide) override {
    scope_.record->default_kind(this->name());
    scope_.record->actor(this->ctrl());
    Base::launch(host, lazy, hide);
  }

  void initialize() override {
    const traced_start traced{*scope_.record, std::exchange(scope_.origin, {})};
    Base::initialize();
    if (this->alive() && !start_is_deferred_)
      confirm_start();
  }

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* host) override {
    const auto now = mailbox_meter::clock::now();
    scope_.record->mailbox().on_enqueue(now);
    trace_message(*scope_.record, *element, now);
    Base::enqueue(std::move(element), host);
  }

  caf::invoke_message_result consume(caf::mailbox_element& element) override {
    handling_timer timer{scope_.record->mailbox()};
    traced_handling traced{*scope_.record, element};
    const auto& content = element.content();
    if (content.match_elements<injected_fault>())
      throw_injected_fault(content.get_as<injected_fault>(0));
    // While a response is awaited CAF would put every other message off, this one too.
    if (content.match_elements<caf::exit_msg>() &&
        content.get_as<caf::exit_msg>(0).reason == caf::exit_reason::kill) {
      this->quit(caf::exit_reason::kill);
      return caf::invoke_message_result::consumed;
    }
    const auto result = Base::consume(element);
    if (result == caf::invoke_message_result::skipped) { // it stays in the mailbox and comes again
      timer.skip();
      traced.skip();
    }
    return result;
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    scope_.record->phase(actor_phase::exited);
    scope_.listing.reset();
    return Base::cleanup(std::move(reason), host);
  }

private:
  spawn_scope scope_;
  bool start_is_deferred_ = false;
  bool start_is_confirmed_ = false;
};

/// Base of actors without a typed interface.
using actor_base = supervised_actor<caf::event_based_actor>;

/// Base of actors with the typed interface `Handle` (a `caf::typed_actor<...>`).
template <class Handle>
using typed_actor_base = supervised_actor<typename Handle::base>;

/// An actor with a state struct: the `self` of `caf::behavior my_actor(stateful_pointer<my_state> self,
/// ...)`.
template <class State>
using stateful_pointer = caf::stateful_actor<State, actor_base>*;

/// The same with a typed interface: the `self` of
/// `my_handle::behavior_type my_actor(typed_stateful_pointer<my_state, my_handle> self, ...)`.
template <class State, class Handle>
using typed_stateful_pointer = caf::stateful_actor<State, typed_actor_base<Handle>>*;

} // namespace sandboxd::supervision
