#include "actors/watch.hpp"

#include "actors/paths.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<watch_state, watch_actor>;

/// HTTP.md 10.1.
constexpr std::chrono::milliseconds flush_interval{75};

/// Before another attempt while the pool has no room, or is not there.
constexpr std::chrono::milliseconds retry_interval{100};

/// Between two turns while something happens: far below the interval in which readers are told, and enough to
/// read many events at a time.
constexpr std::chrono::milliseconds turn_pause{10};

/// For the registry to say that no further request comes.
constexpr std::chrono::seconds registry_timeout{5};

watch_registry_actor find_registry(self_pointer self) {
  return self->observer()->actors->find<watch_registry_actor>(paths::watch_registry);
}

failure unavailable() {
  return {error_code::unavailable, "The sandbox is starting or being restarted"};
}

void turn(self_pointer self) {
  if (!self->state.begin_turn())
    return;
  const reply<files::watch_turn> done([me = watch_actor(self)](result_of<files::watch_turn> outcome) {
    caf::anon_send(me, watch_turned{std::move(outcome)});
  });
  const auto pool = self->observer()->actors->find<file_pool_actor>(paths::file_pool);
  if (!pool)
    return done.deliver(unavailable());
  self->send(pool, blocking_task{[done, source = self->state.source()] { done.deliver(source->turn()); },
                                 [done](failure reason) { done.deliver(std::move(reason)); }});
}

/// Sends a request that came too late to the registry, which makes another watch.
void send_back(self_pointer self, subscribe_watch request) {
  if (const auto registry = find_registry(self))
    self->send(registry, std::move(request));
  else
    request.reader.failed(unavailable());
}
void send_back(self_pointer self, check_watch request) {
  request.created = false;
  if (const auto registry = find_registry(self))
    self->send(registry, std::move(request));
  else
    request.done.deliver(unavailable());
}

/// After the registry knows, all it has sent has come, and comes back to it.
void leave(self_pointer self) {
  const auto registry = find_registry(self);
  if (!registry)
    return self->quit();
  self->send(registry, watch_over{watch_actor(self)});
  for (auto& request : self->state.take_unanswered())
    send_back(self, std::move(request));
  self->delayed_send(self, registry_timeout, end_watch{});
}

void flush_soon(self_pointer self) {
  if (self->state.begin_flush())
    self->delayed_send(self, flush_interval, flush_watch{});
}

/// Whatever has happened: does what follows from it.
void go_on(self_pointer self) {
  auto& state = self->state;
  if (state.is_leaving())
    return;
  const auto now = self->clock().now();
  if (state.is_unused(now))
    state.end({false, "Nobody reads this watch any more"});
  self->set_status(state.describe());
  if (state.begin_leaving())
    return leave(self);
  flush_soon(self);
  if (state.wants_turn())
    turn(self);
  else if (state.begin_pause())
    self->delayed_send(self, turn_pause, turn_watch{});
  else if (state.begin_await())
    state.source()->await([me = watch_actor(self)] { caf::anon_send(me, watch_readable{}); });
  if (state.begin_expiry())
    self->delayed_send(self, std::max(state.expires() - now, std::chrono::nanoseconds(0)),
                       watch_may_expire{});
}

} // namespace

void watch_state::configure(std::string watch_id, watch_options wanted, services_ptr context,
                            std::shared_ptr<watch_source> source) {
  id_ = std::move(watch_id);
  wanted_ = std::move(wanted);
  context_ = std::move(context);
  source_ = std::move(source);
}

bool watch_state::begin_turn() {
  if (over_ || std::exchange(turning_, true)) {
    again_ = true;
    return false;
  }
  again_ = false;
  ++turns_;
  return true;
}

void watch_state::turned(files::watch_turn turn, time now) {
  turning_ = false;
  if (over_)
    return;
  directories_ = turn.directories;
  if (running_)
    keep(turn.changes);
  has_told_ = !turn.changes.empty();
  again_ |= turn.more;
  if (turn.end)
    return end(*turn.end);
  if (turn.more)
    return;
  if (!std::exchange(running_, true))
    for (auto& [number, one] : readers_)
      one.handle.watching(id_, one.control);
  answer_checks(now);
}

void watch_state::keep(const std::vector<watch_change>& changes) {
  cursor_ += changes.size();
  for (auto& [number, one] : readers_)
    for (const auto& change : changes)
      one.waiting.add(change);
}

void watch_state::answer_checks(time now) {
  std::erase_if(checks_, [&](const pending_check& one) {
    if (one.turn > turns_)
      return false;
    one.request.done.deliver(compare(one.request.since, {id_, cursor_}, one.request.created));
    last_use_ = now;
    return true;
  });
}

void watch_state::failed(const failure& reason) {
  turning_ = false;
  if (over_)
    return;
  if (running_)
    return end({true, reason.message});
  end_with(reason);
}

void watch_state::overdue() {
  used_ = true; // or nobody comes: the registry was lost
  if (!running_ && !over_)
    end_with({error_code::watch_start_failed, "Timed out waiting for file watcher setup to complete"});
}

void watch_state::refused() {
  turning_ = false;
  waiting_for_pool_ = true;
}

void watch_state::retry() {
  waiting_for_pool_ = pausing_ = false;
  again_ = true;
}

bool watch_state::begin_pause() {
  if (over_ || turning_ || pausing_ || !std::exchange(has_told_, false))
    return false;
  return pausing_ = true;
}

bool watch_state::wants_turn() const {
  return !over_ && !turning_ && !waiting_for_pool_ && ((again_ && !pausing_) || !checks_.empty());
}

/// Before it has begun: everybody is told the reason.
void watch_state::end_with(const failure& reason) {
  over_ = true;
  failure told = reason;
  if (reason.code == error_code::watch_start_failed)
    told.message = "Failed to start file watcher: " + reason.message;
  for (const auto& [number, one] : std::exchange(readers_, {}))
    one.handle.failed(told);
  for (const auto& one : std::exchange(checks_, {}))
    one.request.done.deliver(told);
  source_.reset();
}

void watch_state::end(const watch_end& how) {
  if (over_)
    return;
  if (!running_)
    return end_with({error_code::watch_start_failed, how.reason});
  over_ = true;
  for (auto& [number, one] : readers_)
    one.handle.ended(one.waiting.take(), how);
  readers_.clear();
  for (auto& one : std::exchange(checks_, {}))
    unanswered_.push_back(std::move(one.request));
  source_.reset();
}

void watch_state::shut_down() {
  const failure reason{error_code::shutting_down, "The sandbox is shutting down"};
  if (running_)
    end({false, reason.message});
  else if (!over_)
    end_with(reason);
  for (const auto& one : std::exchange(unanswered_, {}))
    one.done.deliver(reason);
}

void watch_state::subscribe(watch_reader_handle handle,
                            const std::function<watch_control(std::uint64_t)>& control) {
  used_ = true;
  const auto number = ++last_reader_;
  const auto entry = readers_.try_emplace(
      number, reader{std::move(handle), control(number),
                     files::change_batch(context_->settings()->watch.max_pending_events)});
  if (running_)
    entry.first->second.handle.watching(id_, entry.first->second.control);
}

void watch_state::take_more(std::uint64_t number) {
  if (const auto found = readers_.find(number); found != readers_.end())
    found->second.has_room = true;
}

void watch_state::leave(std::uint64_t number, time now) {
  if (readers_.erase(number) > 0)
    last_use_ = now;
}

void watch_state::flush() {
  flushing_ = false;
  for (auto& [number, one] : readers_)
    if (one.has_room && !one.waiting.empty()) {
      one.has_room = false;
      one.handle.changed(one.waiting.take());
    }
}

bool watch_state::begin_flush() {
  const bool has_to = std::any_of(readers_.begin(), readers_.end(), [](const auto& entry) {
    return entry.second.has_room && !entry.second.waiting.empty();
  });
  return has_to && !std::exchange(flushing_, true);
}

void watch_state::check(check_watch request) {
  used_ = retained_ = true;
  checks_.push_back({std::move(request), turns_ + 1});
}

bool watch_state::begin_await() {
  return !over_ && !turning_ && !waiting_for_pool_ && !pausing_ && !std::exchange(awaiting_, true);
}

watch_state::time watch_state::expires() const {
  return last_use_ + context_->settings()->watch.retention;
}

bool watch_state::is_unused(time now) const {
  return running_ && !over_ && used_ && readers_.empty() && checks_.empty() &&
         (!retained_ || now >= expires());
}

bool watch_state::begin_expiry() {
  return retained_ && running_ && readers_.empty() && !std::exchange(expiring_, true);
}

std::string watch_state::describe() const {
  if (over_)
    return "over";
  return fmt::format("{}, {}{} directories, {} readers, {} changes", id_, running_ ? "" : "setting up, ",
                     directories_, readers_.size(), cursor_);
}

watch_actor::behavior_type watch_behavior(self_pointer self, services_ptr context, std::string watch_id,
                                          const watch_options& wanted, const watch_source_factory& sources) {
  auto& state = self->state;
  const auto setup_timeout = context->settings()->watch.setup_timeout;
  state.configure(std::move(watch_id), wanted, std::move(context), sources(wanted));
  self->set_exit_handler([self](const caf::exit_msg& message) {
    if (message.reason != caf::exit_reason::kill)
      self->state.shut_down();
    self->quit(message.reason);
  });
  self->delayed_send(self, setup_timeout, watch_setup_overdue{});
  return {
      [self](subscribe_watch& request) {
        if (self->state.is_over())
          return send_back(self, std::move(request));
        self->state.subscribe(std::move(request.reader), [me = watch_actor(self)](std::uint64_t number) {
          return watch_control{[me, number] { caf::anon_send(me, reader_takes_more{number}); },
                               [me, number] { caf::anon_send(me, reader_left{number}); }};
        });
        go_on(self);
      },
      [self](check_watch& request) {
        if (self->state.is_over())
          return send_back(self, std::move(request));
        self->state.check(std::move(request));
        go_on(self);
      },
      [self](watch_turned& event) {
        if (auto* done = std::get_if<files::watch_turn>(&event.outcome)) {
          self->state.turned(std::move(*done), self->clock().now());
        } else if (const auto& reason = std::get<failure>(event.outcome);
                   reason.code == error_code::too_busy || reason.code == error_code::unavailable) {
          self->state.refused();
          self->delayed_send(self, retry_interval, turn_watch{});
        } else {
          self->state.failed(reason);
        }
        go_on(self);
      },
      [self](watch_readable) {
        self->state.await_ended();
        go_on(self);
      },
      [self](turn_watch) {
        self->state.retry();
        go_on(self);
      },
      [self](reader_takes_more event) {
        self->state.take_more(event.number);
        go_on(self);
      },
      [self](reader_left event) {
        self->state.leave(event.number, self->clock().now());
        go_on(self);
      },
      [self](flush_watch) {
        self->state.flush();
        go_on(self);
      },
      [self](watch_setup_overdue) {
        self->state.overdue();
        go_on(self);
      },
      [self](watch_may_expire) {
        self->state.expiry_ended();
        go_on(self);
      },
      [self](end_watch) { self->quit(); },
  };
}

} // namespace sandboxd::actors
