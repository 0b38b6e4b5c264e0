#include "supervision/child_keeper.hpp"

#include "supervision/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <fmt/format.h>

#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace sandboxd::supervision {

namespace {

/// How long a killed actor may go on before the journal says so. No more can be done about it.
constexpr std::chrono::seconds patience_after_kill{5};

void send_kill(const caf::strong_actor_ptr& actor) {
  // Ahead of whatever else waits in the mailbox: the grace is over.
  actor->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                 caf::make_message(caf::exit_msg{actor->address(), caf::exit_reason::kill}), nullptr);
}

caf::expected<caf::strong_actor_ptr> spawn(const start_function& start, const spawn_context& context) {
  try {
    auto actor = start(context);
    if (actor && !*actor)
      return make_supervision_error(supervision_error::start_failed, "the start function gave no actor");
    return actor;
  } catch (...) {
    return exception_to_error(std::current_exception());
  }
}

} // namespace

child_keeper::~child_keeper() {
  for (const auto& entry : children_.all())
    if (lives(entry.phase))
      send_kill(entry.handle);
}

// -- start -------------------------------------------------------------------------------------------------

void child_keeper::bring_up(child& entry, outcome then) {
  const auto last_error = entry.listing.record() ? entry.listing.record()->last_error() : std::string{};
  auto record =
      std::make_shared<actor_record>(path_of(entry), entry.spec.kind, entry.incarnations, last_error);
  record->restart(entry.spec.restart);
  entry.listing = self_->observer()->actors->enter(record);
  entry.then = std::move(then);
  entry.timed_out = false;
  entry.called_off = false;
  entry.killed = false;
  entry.renewed = false;
  const auto actor = spawn(entry.spec.start, {self_->system(), self_->observer(), record, self_->ctrl()});
  if (!actor) {
    start_failed(entry, supervision_error::start_failed, describe(actor.error()));
    return;
  }
  entry.phase = child_phase::starting;
  children_.bind(entry, *actor);
  self_->monitor(entry.handle);
  set_deadline(entry, entry.spec.start_timeout);
}

void child_keeper::bring_up_all(std::vector<std::string> ids, group_outcome then) {
  if (ids.empty()) {
    then({}, {});
    return;
  }
  if (called_off_) {
    then(ids.front(), make_supervision_error(supervision_error::stopping, self_->record()->path()));
    return;
  }
  auto& entry = *children_.find(ids.front());
  ids.erase(ids.begin());
  bring_up(entry, [this, ids = std::move(ids), then = std::move(then),
                   id = entry.spec.id](const caf::error& problem) {
    if (problem)
      then(id, problem);
    else
      bring_up_all(ids, then);
  });
}

void child_keeper::on_started(caf::actor_id who) {
  auto* entry = children_.find(who);
  if (!entry || entry->phase != child_phase::starting || entry->timed_out || entry->called_off)
    return;
  entry->phase = child_phase::running;
  entry->alive_since = now();
  note(event_kind::started, *entry);
  finish (*entry)({});
}

void child_keeper::start_failed(child& entry, supervision_error code, const std::string& why) {
  entry.listing.record()->phase(actor_phase::exited);
  entry.listing.record()->last_error(why);
  settle(entry, child_phase::stopped);
  note(event_kind::start_failed, entry, why);
  finish(entry)(make_supervision_error(code, fmt::format("child '{}': {}", entry.spec.id, why)));
}

// -- stop --------------------------------------------------------------------------------------------------

void child_keeper::bring_down(child& entry, continuation then) {
  auto ended = [this, id = entry.spec.id, then = std::move(then)](const caf::error&) {
    const auto* stopped = children_.find(id);
    if (dynamic_ || stopped->spec.restart == restart_type::temporary)
      children_.remove(id);
    then();
  };
  if (entry.phase != child_phase::running) { // it does not live: no start or stop is under way
    ++entry.ticket;
    if (entry.listing.record())
      entry.listing.record()->restart_due({});
    settle(entry, child_phase::stopped);
    ended({});
    return;
  }
  entry.phase = child_phase::stopping;
  entry.then = std::move(ended);
  ask_to_end(entry);
}

void child_keeper::renew(child& entry) {
  if (!entry.renewed)
    entry.renewed = ask_to_end(entry);
}

void child_keeper::call_off_starts() {
  called_off_ = true;
  for (auto& entry : children_.all())
    if (entry.phase == child_phase::starting && !entry.timed_out) {
      deadlines_.clear(entry.incarnation);
      entry.called_off = true;
      ask_to_end(entry);
    }
}

bool child_keeper::ask_to_end(child& entry) {
  if (!entry.listing.record()->mark_stopping())
    return false; // its down message is on the way
  if (std::holds_alternative<brutal_kill>(entry.spec.shutdown)) {
    kill(entry);
    return true;
  }
  note(event_kind::stopping, entry);
  self_->send_exit(entry.handle, polite_exit());
  if (const auto* grace = std::get_if<std::chrono::milliseconds>(&entry.spec.shutdown))
    set_deadline(entry, *grace);
  return true;
}

void child_keeper::bring_down_all(std::vector<std::string> ids, continuation then) {
  if (ids.empty()) {
    then();
    return;
  }
  auto& entry = *children_.find(ids.front());
  ids.erase(ids.begin());
  bring_down(entry, [this, ids = std::move(ids), then = std::move(then)] { bring_down_all(ids, then); });
}

void child_keeper::settle(child& entry, child_phase next) {
  entry.phase = next;
  entry.handle = nullptr;
}

void child_keeper::kill(child& entry) {
  note(event_kind::killing, entry);
  send_kill(entry.handle);
  entry.killed = true;
  set_deadline(entry, patience_after_kill);
}

child* child_keeper::on_down(const caf::down_msg& down) {
  auto* entry = children_.find(down.source.id());
  if (!entry)
    return nullptr;
  children_.unbind(*entry);
  entry->last_exit = classify(down.reason);
  auto& record = *entry->listing.record();
  record.phase(actor_phase::exited);
  if (entry->last_exit.kind == exit_kind::failure)
    record.last_error(entry->last_exit.text);
  switch (entry->phase) {
  case child_phase::starting:
    if (entry->timed_out)
      start_failed(*entry, supervision_error::start_timed_out,
                   fmt::format("no confirmation within {} ms", entry->spec.start_timeout.count()));
    else if (entry->called_off)
      start_failed(*entry, supervision_error::stopping, "called off: " + to_string(entry->last_exit));
    else
      start_failed(*entry, supervision_error::start_failed,
                   fmt::format("ended before its start was complete: {}", to_string(entry->last_exit)));
    return nullptr;
  case child_phase::stopping:
    settle(*entry, child_phase::stopped);
    note(event_kind::stopped, *entry, to_string(entry->last_exit));
    finish (*entry)({});
    return nullptr;
  default:
    entry->phase = child_phase::exited;
    deadlines_.clear(entry->incarnation);
    if (entry->renewed && entry->last_exit.kind != exit_kind::failure)
      entry->last_exit = {exit_kind::failure, "its restart was asked for"};
    note(event_kind::exited, *entry, to_string(entry->last_exit));
    return entry;
  }
}

// -- time --------------------------------------------------------------------------------------------------

std::chrono::steady_clock::time_point child_keeper::now() const {
  return self_->clock().now();
}

void child_keeper::set_deadline(const child& entry, std::chrono::milliseconds from_now) {
  if (const auto when = deadlines_.set(entry.incarnation, now() + from_now))
    self_->scheduled_send(self_, *when, deadline_passed{});
}

void child_keeper::on_deadline() {
  for (const auto who : deadlines_.expired(now())) {
    auto* entry = children_.find(who);
    if (entry && entry->killed) {
      note(event_kind::notice, *entry, "it was killed and does not end: one of its handlers does not return");
    } else if (entry) {
      entry->timed_out = entry->phase == child_phase::starting && !entry->called_off;
      kill(*entry);
    }
  }
  if (const auto when = deadlines_.rearm())
    self_->scheduled_send(self_, *when, deadline_passed{});
}

// -- small helpers -----------------------------------------------------------------------------------------

child_keeper::outcome child_keeper::finish(child& entry) {
  deadlines_.clear(entry.incarnation);
  return std::exchange(entry.then, nullptr);
}

std::string child_keeper::path_of(const child& entry) const {
  return fmt::format("{}/{}", self_->record()->path(), entry.spec.id);
}

void child_keeper::note(event_kind kind, const child& entry, std::string text, const restart_window* window) {
  journal_event event;
  event.kind = kind;
  event.path = path_of(entry);
  event.actor_kind = entry.listing.record()->kind();
  event.text = std::move(text);
  if (window) {
    event.window_count = window->count();
    event.window_limit = window->intensity();
  }
  self_->observer()->events.append(std::move(event));
}

} // namespace sandboxd::supervision
