#include "supervision/supervisor_state.hpp"

#include "supervision/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace sandboxd::supervision {

namespace {

caf::error refuse(supervision_error code, const std::string& id) {
  return make_supervision_error(code, fmt::format("child '{}'", id));
}

/// A `typed_response_promise<void>` cannot be delivered as such in CAF 0.17.6.
void answer_done(caf::response_promise& promise) {
  promise.deliver(caf::unit);
}

void send_kill(const caf::strong_actor_ptr& actor) {
  // Ahead of whatever else waits in the mailbox: the grace is over.
  actor->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                 caf::make_message(caf::exit_msg{actor->address(), caf::exit_reason::kill}), nullptr);
}

constexpr std::chrono::milliseconds no_delay{0};

bool lives(const child& entry) {
  return entry.handle != nullptr;
}

} // namespace

supervisor_state::~supervisor_state() {
  for (const auto& entry : children_.all())
    if (lives(entry))
      send_kill(entry.handle);
}

void supervisor_state::begin(supervisor_spec spec) {
  if (auto problem = validate(spec)) {
    self_->quit(std::move(problem));
    return;
  }
  spec_ = std::move(spec);
  history_ = restart_window{spec_.intensity, spec_.period};
  std::vector<std::string> ids;
  for (auto& data : std::exchange(spec_.children, {})) {
    ids.push_back(data.id);
    children_.add({std::move(data), backoff{spec_.backoff, spec_.random}});
  }
  self_->set_down_handler([this](caf::down_msg& down) { on_down(down); });
  self_->set_exit_handler([this](caf::exit_msg& exit) { on_exit(exit.reason); });
  self_->defer_start();
  lanes_.enter({}, [this, ids] {
    bring_up_all(ids, [this](const std::string&, const caf::error& problem) {
      if (problem) {
        stop_everything(problem);
        return;
      }
      self_->confirm_start();
      lanes_.leave({});
    });
  });
}

// -- requests --------------------------------------------------------------------------------------------

supervisor_state::handle_result supervisor_state::start(const start_child& request) {
  if (auto problem = validate(request.spec))
    return problem;
  auto promise = self_->make_response_promise<caf::strong_actor_ptr>();
  lanes_.enter(lane_of(request.spec.id), [this, promise, spec = request.spec]() mutable {
    const auto lane = lane_of(spec.id);
    caf::error problem;
    if (stopping_)
      problem = refuse(supervision_error::stopping, spec.id);
    else if (const auto* known = children_.find(spec.id); known && lives(*known))
      problem = caf::make_error(supervision_error::already_started, fmt::format("child '{}'", spec.id),
                                known->handle);
    else if (known)
      problem = refuse(supervision_error::already_present, spec.id);
    else if (spec_.max_children > 0 && children_.size() >= spec_.max_children)
      problem =
          make_supervision_error(supervision_error::too_many_children,
                                 fmt::format("child '{}': the limit is {}", spec.id, spec_.max_children));
    if (problem) {
      promise.deliver(std::move(problem));
      lanes_.leave(lane);
      return;
    }
    answer_start(children_.add({std::move(spec), backoff{spec_.backoff, spec_.random}}), promise, true);
  });
  return promise;
}

supervisor_state::handle_result supervisor_state::restart(const restart_child& request) {
  if (is_dynamic())
    return refuse(supervision_error::dynamic_children, request.id);
  auto promise = self_->make_response_promise<caf::strong_actor_ptr>();
  lanes_.enter({}, [this, promise, id = request.id]() mutable {
    auto* entry = children_.find(id);
    caf::error problem;
    if (stopping_)
      problem = refuse(supervision_error::stopping, id);
    else if (!entry)
      problem = refuse(supervision_error::not_found, id);
    else if (entry->phase == child_phase::restarting)
      problem = refuse(supervision_error::restarting, id);
    else if (entry->phase != child_phase::stopped)
      problem = refuse(supervision_error::running, id);
    if (problem) {
      promise.deliver(std::move(problem));
      lanes_.leave({});
      return;
    }
    answer_start(*entry, promise, false);
  });
  return promise;
}

void supervisor_state::answer_start(child& entry, handle_promise promise, bool is_new) {
  bring_up(entry, [this, promise, is_new, id = entry.spec.id](const caf::error& problem) mutable {
    if (problem)
      promise.deliver(problem);
    else
      promise.deliver(children_.find(id)->handle);
    if (problem && is_new)
      children_.remove(id);
    lanes_.leave(lane_of(id));
  });
}

caf::result<void> supervisor_state::terminate(const terminate_child& request) {
  auto promise = self_->make_response_promise<void>();
  lanes_.enter(lane_of(request.id), [this, promise, id = request.id]() mutable {
    auto* entry = children_.find(id);
    if (!entry) {
      promise.deliver(refuse(stopping_ ? supervision_error::stopping : supervision_error::not_found, id));
      lanes_.leave(lane_of(id));
      return;
    }
    bring_down(*entry, [this, promise, id]() mutable {
      if (forgets(*children_.find(id)))
        children_.remove(id);
      answer_done(promise);
      lanes_.leave(lane_of(id));
    });
  });
  return promise;
}

caf::result<void> supervisor_state::remove(const delete_child& request) {
  if (is_dynamic())
    return refuse(supervision_error::dynamic_children, request.id);
  auto promise = self_->make_response_promise<void>();
  lanes_.enter({}, [this, promise, id = request.id]() mutable {
    const auto* entry = children_.find(id);
    if (!entry)
      promise.deliver(refuse(supervision_error::not_found, id));
    else if (entry->phase == child_phase::restarting)
      promise.deliver(refuse(supervision_error::restarting, id));
    else if (entry->phase != child_phase::stopped)
      promise.deliver(refuse(supervision_error::running, id));
    else {
      children_.remove(id);
      answer_done(promise);
    }
    lanes_.leave({});
  });
  return promise;
}

supervisor_state::handle_result supervisor_state::get(const get_child& request) {
  const auto* entry = children_.find(request.id);
  if (!entry)
    return refuse(supervision_error::not_found, request.id);
  if (entry->phase != child_phase::running)
    return refuse(supervision_error::restarting, request.id);
  return entry->handle;
}

child_infos supervisor_state::which() const {
  child_infos infos;
  infos.reserve(children_.size());
  for (const auto& entry : children_.all())
    infos.push_back({entry.spec.id, entry.spec.type, entry.phase,
                     entry.incarnations > 0 ? entry.incarnations - 1 : 0, entry.handle});
  return infos;
}

child_counts supervisor_state::count() const {
  child_counts counts;
  for (const auto& entry : children_.all()) {
    counts.active += lives(entry) ? 1 : 0;
    ++(entry.spec.type == child_type::supervisor ? counts.supervisors : counts.workers);
  }
  counts.specs = is_dynamic() ? 1 : children_.size();
  return counts;
}

// -- one child -------------------------------------------------------------------------------------------

void supervisor_state::bring_up(child& entry, outcome then) {
  const auto last_error = entry.listing.record() ? entry.listing.record()->last_error() : std::string{};
  auto record =
      std::make_shared<actor_record>(path_of(entry.spec.id), entry.spec.kind, entry.incarnations, last_error);
  entry.listing = self_->observer()->actors->enter(record);
  entry.timed_out = false;
  entry.then = std::move(then);
  caf::expected<caf::strong_actor_ptr> started{caf::error{}};
  try {
    started = entry.spec.start({self_->system(), self_->observer(), record, self_->ctrl()});
    if (started && !*started)
      started = make_supervision_error(supervision_error::start_failed, "the start function gave no actor");
  } catch (...) {
    started = exception_to_error(std::current_exception());
  }
  if (!started) {
    record->phase(actor_phase::exited);
    record->last_error(describe(started.error()));
    finish(entry, child_phase::stopped, started.error());
    return;
  }
  entry.phase = child_phase::starting;
  children_.bind(entry, *started);
  self_->monitor(entry.handle);
  set_deadline(entry, entry.spec.start_timeout);
}

void supervisor_state::on_started(caf::actor_id who) {
  auto* entry = children_.find(who);
  if (!entry || entry->phase != child_phase::starting || entry->timed_out)
    return;
  entry->alive_since = now();
  finish(*entry, child_phase::running, {});
}

void supervisor_state::bring_down(child& entry, continuation then) {
  if (entry.phase != child_phase::running) { // then it does not live: nothing else happens in its lane
    ++entry.ticket;
    entry.phase = child_phase::stopped;
    then();
    return;
  }
  entry.phase = child_phase::stopping;
  entry.then = [then = std::move(then)](const caf::error&) { then(); };
  entry.listing.record()->phase(actor_phase::stopping);
  note(event_kind::stopping, entry);
  if (std::holds_alternative<brutal_kill>(entry.spec.shutdown)) {
    kill(entry);
    return;
  }
  self_->send_exit(entry.handle, polite_exit());
  if (const auto* grace = std::get_if<std::chrono::milliseconds>(&entry.spec.shutdown))
    set_deadline(entry, *grace);
}

void supervisor_state::kill(child& entry) {
  note(event_kind::killing, entry);
  send_kill(entry.handle);
}

void supervisor_state::set_deadline(const child& entry, std::chrono::milliseconds from_now) {
  if (const auto when = deadlines_.set(entry.incarnation, now() + from_now))
    self_->scheduled_send(self_, *when, deadline_passed{});
}

void supervisor_state::on_deadline() {
  for (const auto who : deadlines_.expired(now())) {
    if (auto* entry = children_.find(who)) {
      entry->timed_out = entry->phase == child_phase::starting;
      kill(*entry);
    }
  }
  if (const auto when = deadlines_.rearm())
    self_->scheduled_send(self_, *when, deadline_passed{});
}

void supervisor_state::on_down(const caf::down_msg& down) {
  auto* entry = children_.find(down.source.id());
  if (!entry)
    return;
  const auto incarnation = entry->incarnation;
  children_.unbind(*entry);
  entry->last_exit = classify(down.reason);
  auto& record = *entry->listing.record();
  record.phase(actor_phase::exited);
  if (entry->last_exit.kind == exit_kind::failure)
    record.last_error(entry->last_exit.text);
  switch (entry->phase) {
  case child_phase::starting:
    finish(*entry, child_phase::stopped,
           entry->timed_out
               ? make_supervision_error(supervision_error::start_timed_out, to_string(entry->last_exit))
               : down.reason);
    break;
  case child_phase::stopping:
    finish(*entry, child_phase::stopped, {});
    break;
  default:
    entry->phase = child_phase::exited;
    note(event_kind::exited, *entry, to_string(entry->last_exit));
    lanes_.enter(lane_of(entry->spec.id), [this, id = entry->spec.id, incarnation] {
      auto* ended = children_.find(id);
      // It may have been stopped with its siblings, and even started again, before its turn came.
      if (!ended || ended->incarnation != incarnation || ended->phase != child_phase::exited || stopping_)
        lanes_.leave(lane_of(id));
      else
        judge(*ended, ended->last_exit);
    });
  }
}

void supervisor_state::finish(child& entry, child_phase next, const caf::error& result) {
  deadlines_.clear(entry.incarnation);
  const auto then = std::move(entry.then);
  entry.then = nullptr;
  const bool was_start = entry.phase != child_phase::stopping;
  entry.phase = next;
  if (!was_start) {
    note(event_kind::stopped, entry, to_string(entry.last_exit));
    then({});
  } else if (next == child_phase::running) {
    note(event_kind::started, entry);
    then({});
  } else if (is(result, supervision_error::start_timed_out)) {
    note(event_kind::start_failed, entry, describe(result));
    then(result);
  } else {
    const auto why = result ? describe(result) : std::string{"it ended before its start was complete"};
    note(event_kind::start_failed, entry, why);
    then(make_supervision_error(supervision_error::start_failed,
                                fmt::format("child '{}': {}", entry.spec.id, why)));
  }
}

// -- several children ------------------------------------------------------------------------------------

void supervisor_state::bring_up_all(std::vector<std::string> ids, group_outcome then) {
  if (ids.empty()) {
    then({}, {});
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

void supervisor_state::bring_down_all(std::vector<std::string> ids, continuation then) {
  if (ids.empty()) {
    then();
    return;
  }
  auto& entry = *children_.find(ids.front());
  ids.erase(ids.begin());
  bring_down(entry, [this, ids = std::move(ids), then = std::move(then), id = entry.spec.id] {
    if (forgets(*children_.find(id)))
      children_.remove(id);
    bring_down_all(ids, then);
  });
}

// -- restarts --------------------------------------------------------------------------------------------

void supervisor_state::judge(child& entry, const std::optional<exit_cause>& cause) {
  const auto where = place_of(entry);
  const auto result = spec_.rule({spec_.strategy, where.types, where.position, cause, history_, now()});
  history_ = result.history;
  const auto id = entry.spec.id;
  switch (result.what) {
  case verdict::action::forget:
    children_.remove(id);
    break;
  case verdict::action::rest:
    entry.phase = child_phase::stopped;
    break;
  case verdict::action::give_up:
    give_up(entry, cause.value_or(entry.last_exit));
    return;
  case verdict::action::restart:
    note(event_kind::restarting, entry, to_string(cause.value_or(entry.last_exit)));
    carry_out(where, result.group, cause ? entry.delays.next_delay(entry.alive_since, now()) : no_delay);
    return;
  }
  lanes_.leave(lane_of(id));
}

void supervisor_state::carry_out(const place& where, const restart_group& group,
                                 std::chrono::milliseconds delay) {
  const auto ids_at = [&where](const std::vector<std::size_t>& positions) {
    std::vector<std::string> ids;
    for (const auto position : positions)
      ids.push_back(where.ids.at(position));
    return ids;
  };
  const auto& id = where.ids.at(where.position);
  children_.find(id)->phase = child_phase::restarting;
  bring_down_all(ids_at(group.stop), [this, id, delay, start = ids_at(group.start)] {
    auto& failed = *children_.find(id);
    if (delay > no_delay) {
      restart_later(failed, delay, true);
      lanes_.leave(lane_of(id));
      return;
    }
    failed.phase = child_phase::stopped;
    bring_up_all(start, [this, id](const std::string& unstartable, const caf::error& problem) {
      if (problem) {
        auto& next = *children_.find(unstartable);
        restart_later(next, next.delays.next_delay(now(), now()), false);
      }
      lanes_.leave(lane_of(id));
    });
  });
}

void supervisor_state::restart_later(child& entry, std::chrono::milliseconds delay, bool counted) {
  entry.phase = child_phase::restarting;
  entry.restart_is_counted = counted;
  const restart_due due{entry.spec.id, ++entry.ticket};
  if (delay > no_delay)
    self_->delayed_send(self_, delay, due);
  else
    self_->send(self_, due); // through the mailbox: requests that wait there get their turn, as in OTP
}

void supervisor_state::on_restart_due(const restart_due& due) {
  lanes_.enter(lane_of(due.id), [this, due] {
    auto* entry = children_.find(due.id);
    if (!entry || entry->phase != child_phase::restarting || entry->ticket != due.ticket || stopping_) {
      lanes_.leave(lane_of(due.id));
    } else if (entry->restart_is_counted) {
      const auto where = place_of(*entry);
      carry_out(where, group_of(spec_.strategy, where.types, where.position), no_delay);
    } else {
      judge(*entry, std::nullopt);
    }
  });
}

supervisor_state::place supervisor_state::place_of(const child& entry) const {
  place where;
  if (is_dynamic()) { // there may be thousands, and the rule looks at this one only
    where.ids.push_back(entry.spec.id);
    where.types.push_back(entry.spec.restart);
    return where;
  }
  for (const auto& other : children_.all()) {
    if (&other == &entry)
      where.position = where.ids.size();
    where.ids.push_back(other.spec.id);
    where.types.push_back(other.spec.restart);
  }
  return where;
}

void supervisor_state::give_up(child& entry, const exit_cause& cause) {
  const auto id = entry.spec.id;
  const auto words = fmt::format("child '{}': {}", id, to_string(cause));
  self_->observer()->events.append({0,
                                    {},
                                    event_kind::gave_up,
                                    self_->record()->path(),
                                    self_->record()->kind(),
                                    words,
                                    history_.count(),
                                    history_.intensity()});
  entry.phase = child_phase::stopped;
  self_->set_last_error(fmt::format("gave up: {}", words));
  auto reason = make_supervision_error(supervision_error::gave_up, words);
  if (!is_dynamic()) {
    stop_everything(std::move(reason));
    return;
  }
  children_.remove(id);
  lanes_.leave(id);
  stop_everything(std::move(reason));
}

// -- the end ---------------------------------------------------------------------------------------------

void supervisor_state::on_exit(caf::error reason) {
  if (is_dynamic()) {
    if (!stopping_)
      stop_everything(std::move(reason));
    return;
  }
  lanes_.enter({}, [this, reason = std::move(reason)] {
    if (stopping_)
      lanes_.leave({});
    else
      stop_everything(reason);
  });
}

void supervisor_state::stop_everything(caf::error reason) {
  stopping_ = true; // whatever still waits in a lane sees it and does nothing, or answers `stopping`
  self_->record()->phase(actor_phase::stopping);
  std::vector<std::string> ids;
  for (const auto& entry : children_.all())
    ids.insert(ids.begin(), entry.spec.id);
  if (!is_dynamic()) {
    bring_down_all(std::move(ids), [this, reason = std::move(reason)] {
      lanes_.leave({});
      self_->quit(reason);
    });
    return;
  }
  if (ids.empty()) {
    self_->quit(std::move(reason));
    return;
  }
  const auto left = std::make_shared<std::size_t>(ids.size());
  for (const auto& id : ids)
    lanes_.enter(id, [this, id, left, reason] {
      auto done = [this, id, left, reason] {
        children_.remove(id);
        lanes_.leave(id);
        if (--*left == 0)
          self_->quit(reason);
      };
      if (auto* entry = children_.find(id))
        bring_down(*entry, std::move(done));
      else
        done();
    });
}

// -- small helpers ---------------------------------------------------------------------------------------

std::chrono::steady_clock::time_point supervisor_state::now() const {
  return self_->clock().now();
}

bool supervisor_state::forgets(const child& entry) const {
  return is_dynamic() || entry.spec.restart == restart_type::temporary;
}

std::string supervisor_state::path_of(const std::string& id) const {
  return fmt::format("{}/{}", self_->record()->path(), id);
}

void supervisor_state::note(event_kind kind, const child& entry, std::string text) {
  const bool counts = kind == event_kind::restarting;
  self_->observer()->events.append({0,
                                    {},
                                    kind,
                                    path_of(entry.spec.id),
                                    entry.listing.record()->kind(),
                                    std::move(text),
                                    counts ? history_.count() : 0,
                                    counts ? history_.intensity() : 0});
}

} // namespace sandboxd::supervision
