#include "supervision/supervisor_state.hpp"

#include "supervision/errors.hpp"
#include "supervision/supervisor_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::supervision {

namespace {

constexpr std::chrono::milliseconds no_delay{0};

/// In place of a ticket: valid as long as the child waits for its restart. An attempt repeated at once is
/// called off by nothing else in OTP either (`try_again_restart`).
constexpr std::uint64_t any_ticket = 0;

caf::error refuse(supervision_error code, const std::string& id) {
  return make_supervision_error(code, fmt::format("child '{}'", id));
}

} // namespace

void supervisor_state::begin(supervisor_spec spec) {
  if (auto problem = validate(spec)) {
    self_->quit(std::move(problem));
    return;
  }
  spec_ = std::move(spec);
  history_ = restart_window{spec_.intensity, spec_.period};
  show_budget();
  keeper_.emplace(self_, is_dynamic());
  std::vector<std::string> ids;
  for (auto& data : std::exchange(spec_.children, {}))
    ids.push_back(add(std::move(data)).spec.id);
  self_->set_down_handler([this](caf::down_msg& down) { on_down(down); });
  self_->set_exit_handler([this](caf::exit_msg& exit) { on_exit(exit.reason); });
  self_->defer_start();
  lanes_.enter({}, [this, ids] {
    keeper_->bring_up_all(ids, [this](const std::string&, const caf::error& problem) {
      if (problem) {
        stop_everything(called_off_.value_or(problem));
        return;
      }
      is_up_ = true;
      self_->confirm_start();
      lanes_.leave({});
    });
  });
}

// -- requests ----------------------------------------------------------------------------------------------

supervisor_state::handle_result supervisor_state::start(const start_child& request) {
  if (auto problem = validate(request.spec))
    return problem;
  const handle_promise promise{self_, refuse(supervision_error::stopping, request.spec.id)};
  lanes_.enter(lane_of(request.spec.id), [this, promise, spec = request.spec] {
    if (auto problem = refuses(spec)) {
      promise.deliver(std::move(problem));
      lanes_.leave(lane_of(spec.id));
    } else {
      bring_up(add(spec), promise, true);
    }
  });
  return promise.result();
}

caf::error supervisor_state::refuses(const child_spec& spec) {
  if (called_off_ || stopping_)
    return refuse(supervision_error::stopping, spec.id);
  if (const auto* known = children().find(spec.id)) {
    if (!known->handle)
      return refuse(supervision_error::already_present, spec.id);
    return caf::make_error(supervision_error::already_started, fmt::format("child '{}'", spec.id),
                           known->handle);
  }
  if (spec_.max_children > 0 && children().size() >= spec_.max_children)
    return make_supervision_error(supervision_error::too_many_children,
                                  fmt::format("child '{}': the limit is {}", spec.id, spec_.max_children));
  return {};
}

supervisor_state::handle_result supervisor_state::restart(const restart_child& request) {
  if (is_dynamic())
    return refuse(supervision_error::dynamic_children, request.id);
  const handle_promise promise{self_, refuse(supervision_error::stopping, request.id)};
  lanes_.enter({}, [this, promise, id = request.id] {
    auto* entry = children().find(id);
    const bool ends = called_off_ || stopping_;
    if (!ends && entry && entry->phase == child_phase::stopped) {
      bring_up(*entry, promise, false);
      return;
    }
    promise.deliver(refuse(ends                                      ? supervision_error::stopping
                           : !entry                                  ? supervision_error::not_found
                           : entry->phase == child_phase::restarting ? supervision_error::restarting
                                                                     : supervision_error::running,
                           id));
    lanes_.leave({});
  });
  return promise.result();
}

void supervisor_state::bring_up(child& entry, const handle_promise& promise, bool is_new) {
  keeper_->bring_up(entry, [this, promise, is_new, id = entry.spec.id](const caf::error& problem) {
    if (problem)
      promise.deliver(problem);
    else
      promise.deliver(children().find(id)->handle);
    if (problem && is_new)
      children().remove(id);
    lanes_.leave(lane_of(id));
  });
}

caf::result<void> supervisor_state::terminate(const terminate_child& request) {
  const kept_promise<void> promise{self_, refuse(supervision_error::stopping, request.id)};
  lanes_.enter(lane_of(request.id), [this, promise, id = request.id] {
    auto* entry = children().find(id);
    if (stopping_ || !entry) {
      promise.deliver(refuse(stopping_ ? supervision_error::stopping : supervision_error::not_found, id));
      lanes_.leave(lane_of(id));
      return;
    }
    keeper_->bring_down(*entry, [this, promise, id] {
      promise.deliver();
      lanes_.leave(lane_of(id));
    });
  });
  return promise.result();
}

caf::result<void> supervisor_state::renew(const renew_child& request) {
  const kept_promise<void> promise{self_, refuse(supervision_error::stopping, request.id)};
  lanes_.enter(lane_of(request.id), [this, promise, id = request.id] {
    auto* entry = children().find(id);
    const auto refusal = stopping_                                        ? supervision_error::stopping
                         : !entry                                         ? supervision_error::not_found
                         : entry->phase != child_phase::running           ? supervision_error::restarting
                         : entry->spec.restart == restart_type::temporary ? supervision_error::temporary
                                                                          : supervision_error{};
    if (refusal != supervision_error{}) {
      if (entry) // who asked may not wait for the answer
        keeper_->note(event_kind::notice, *entry, fmt::format("is not restarted: {}", to_string(refusal)));
      promise.deliver(refuse(refusal, id));
    } else {
      keeper_->renew(*entry);
      promise.deliver();
    }
    lanes_.leave(lane_of(id));
  });
  return promise.result();
}

caf::result<void> supervisor_state::remove(const delete_child& request) {
  if (is_dynamic())
    return refuse(supervision_error::dynamic_children, request.id);
  const kept_promise<void> promise{self_, refuse(supervision_error::stopping, request.id)};
  lanes_.enter({}, [this, promise, id = request.id] {
    const auto* entry = children().find(id);
    if (stopping_)
      promise.deliver(refuse(supervision_error::stopping, id));
    else if (!entry)
      promise.deliver(refuse(supervision_error::not_found, id));
    else if (entry->phase == child_phase::restarting)
      promise.deliver(refuse(supervision_error::restarting, id));
    else if (entry->phase != child_phase::stopped)
      promise.deliver(refuse(supervision_error::running, id));
    else {
      children().remove(id);
      promise.deliver();
    }
    lanes_.leave({});
  });
  return promise.result();
}

supervisor_state::handle_result supervisor_state::get(const get_child& request) {
  const auto* entry = children().find(request.id);
  if (!entry)
    return refuse(supervision_error::not_found, request.id);
  if (entry->phase == child_phase::stopped)
    return refuse(supervision_error::stopped, request.id);
  if (entry->phase != child_phase::running)
    return refuse(supervision_error::restarting, request.id);
  return entry->handle;
}

caf::result<void> supervisor_state::ready() {
  const auto stopping = make_supervision_error(supervision_error::stopping, self_->record()->path());
  const kept_promise<void> promise{self_, stopping};
  lanes_.enter({}, [this, promise, stopping] {
    if (stopping_)
      promise.deliver(stopping);
    else
      promise.deliver();
    lanes_.leave({});
  });
  return promise.result();
}

child_infos supervisor_state::which() const {
  child_infos infos;
  infos.reserve(keeper_->children().size());
  for (const auto& entry : keeper_->children().all())
    infos.push_back({entry.spec.id, entry.spec.type, entry.phase,
                     entry.incarnations > 0 ? entry.incarnations - 1 : 0,
                     lives(entry.phase) ? entry.handle : nullptr});
  return infos;
}

child_counts supervisor_state::count() const {
  child_counts counts;
  for (const auto& entry : keeper_->children().all()) {
    counts.active += lives(entry.phase) ? 1 : 0;
    ++(entry.spec.type == child_type::supervisor ? counts.supervisors : counts.workers);
  }
  counts.specs = is_dynamic() ? 1 : keeper_->children().size();
  return counts;
}

child& supervisor_state::add(child_spec data) {
  return children().add({std::move(data), backoff{spec_.backoff, spec_.random}});
}

// -- restarts ----------------------------------------------------------------------------------------------

void supervisor_state::on_down(const caf::down_msg& down) {
  const auto* entry = keeper_->on_down(down);
  if (!entry)
    return;
  lanes_.enter(lane_of(entry->spec.id), [this, id = entry->spec.id, incarnation = entry->incarnation] {
    auto* ended = children().find(id);
    // It may have been stopped with its siblings, and even started again, before its turn came.
    if (stopping_ || !ended || ended->incarnation != incarnation || ended->phase != child_phase::exited)
      lanes_.leave(lane_of(id));
    else
      judge(*ended, ended->last_exit);
  });
}

void supervisor_state::judge(child& entry, const std::optional<exit_cause>& cause) {
  const auto where = place_of(entry);
  const auto result =
      spec_.rule({spec_.strategy, where.types, where.position, cause, history_, keeper_->now()});
  history_ = result.history;
  const auto id = entry.spec.id;
  switch (result.what) {
  case verdict::action::forget:
    children().remove(id);
    lanes_.leave(lane_of(id));
    return;
  case verdict::action::rest:
    child_keeper::settle(entry, child_phase::stopped);
    lanes_.leave(lane_of(id));
    return;
  case verdict::action::give_up:
    give_up(entry, cause.value_or(entry.last_exit));
    return;
  case verdict::action::restart:
    show_budget();
    keeper_->note(event_kind::restarting, entry, to_string(cause.value_or(entry.last_exit)), &history_);
    carry_out(where, result.group,
              cause ? entry.delays.next_delay(entry.alive_since, keeper_->now()) : no_delay);
    return;
  }
}

void supervisor_state::show_budget() const {
  self_->record()->supervisor(
      std::make_shared<const supervisor_figures>(supervisor_figures{spec_.strategy, history_}));
}

void supervisor_state::carry_out(const place& where, const restart_group& group,
                                 std::chrono::milliseconds delay) {
  const auto ids_at = [&where](const std::vector<std::size_t>& positions) {
    std::vector<std::string> ids;
    ids.reserve(positions.size());
    for (const auto position : positions)
      ids.push_back(where.ids.at(position));
    return ids;
  };
  const auto& id = where.ids.at(where.position);
  child_keeper::settle(*children().find(id), child_phase::restarting);
  keeper_->bring_down_all(ids_at(group.stop), [this, id, delay, start = ids_at(group.start)] {
    auto& failed = *children().find(id);
    if (delay > no_delay) {
      restart_later(failed, delay, true);
      lanes_.leave(lane_of(id));
      return;
    }
    child_keeper::settle(failed, child_phase::stopped);
    keeper_->bring_up_all(start, [this, id](const std::string& unstartable, const caf::error& problem) {
      if (problem) {
        auto& next = *children().find(unstartable);
        restart_later(next, next.delays.next_delay(keeper_->now(), keeper_->now()), false);
      }
      lanes_.leave(lane_of(id));
    });
  });
}

void supervisor_state::restart_later(child& entry, std::chrono::milliseconds delay, bool counted) {
  child_keeper::settle(entry, child_phase::restarting);
  entry.restart_is_counted = counted;
  ++entry.ticket;
  if (delay > no_delay && entry.listing.record())
    entry.listing.record()->restart_due(std::chrono::system_clock::now() + delay);
  if (delay > no_delay)
    self_->delayed_send(self_, delay, restart_due{entry.spec.id, entry.ticket});
  else // through the mailbox: requests that wait there get their turn, as in OTP
    self_->send(self_, restart_due{entry.spec.id, any_ticket});
}

void supervisor_state::on_restart_due(const restart_due& due) {
  lanes_.enter(lane_of(due.id), [this, due] {
    auto* entry = children().find(due.id);
    const bool valid = !stopping_ && entry && entry->phase == child_phase::restarting &&
                       (due.ticket == any_ticket || due.ticket == entry->ticket);
    if (!valid) {
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
  for (const auto& other : keeper_->children().all()) {
    if (&other == &entry)
      where.position = where.ids.size();
    where.ids.push_back(other.spec.id);
    where.types.push_back(other.spec.restart);
  }
  return where;
}

void supervisor_state::give_up(child& entry, const exit_cause& cause) {
  show_budget();
  const auto id = entry.spec.id;
  const auto words = fmt::format("child '{}': {}", id, to_string(cause));
  journal_event event;
  event.kind = event_kind::gave_up;
  event.path = self_->record()->path();
  event.actor_kind = self_->record()->kind();
  event.text = words;
  event.window_count = history_.count();
  event.window_limit = history_.intensity();
  self_->observer()->events.append(std::move(event));
  self_->set_last_error(fmt::format("gave up: {}", words));
  child_keeper::settle(entry, child_phase::stopped);
  if (is_dynamic()) { // each child is stopped in its own lane, this one too
    children().remove(id);
    lanes_.leave(id);
  }
  stop_everything(make_supervision_error(supervision_error::gave_up, words));
}

// -- the end -----------------------------------------------------------------------------------------------

void supervisor_state::on_exit(const caf::error& reason) {
  // The end waits for its turn, and in OTP for every start under way. Where OTP could not be asked to end (it
  // starts itself) or knows no such start (its dynamic children do not start side by side) this is cut short.
  if (is_dynamic() || !is_up_) {
    called_off_ = reason;
    keeper_->call_off_starts();
  }
  if (is_dynamic()) {
    if (!stopping_)
      stop_everything(reason);
    return;
  }
  lanes_.enter({}, [this, reason] {
    if (stopping_)
      lanes_.leave({});
    else
      stop_everything(reason);
  });
}

void supervisor_state::stop_everything(const caf::error& reason) {
  stopping_ = true; // whatever still waits in a lane sees it and does nothing, or answers `stopping`
  self_->record()->mark_stopping();
  std::vector<std::string> ids;
  for (const auto& entry : children().all())
    ids.push_back(entry.spec.id);
  std::reverse(ids.begin(), ids.end());
  if (is_dynamic()) {
    stop_dynamic(ids, reason);
    return;
  }
  keeper_->bring_down_all(std::move(ids), [this, reason] {
    lanes_.leave({});
    self_->quit(reason);
  });
}

void supervisor_state::stop_dynamic(const std::vector<std::string>& ids, const caf::error& reason) {
  if (ids.empty()) {
    self_->quit(reason);
    return;
  }
  const auto left = std::make_shared<std::size_t>(ids.size());
  for (const auto& id : ids)
    lanes_.enter(id, [this, id, left, reason] {
      const auto ended = [this, id, left, reason] {
        lanes_.leave(id);
        if (--*left == 0)
          self_->quit(reason);
      };
      if (auto* entry = children().find(id))
        keeper_->bring_down(*entry, ended);
      else
        ended();
    });
}

} // namespace sandboxd::supervision
