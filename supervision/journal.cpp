#include "supervision/journal.hpp"

#include "supervision/cut_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sandboxd::supervision {

struct journal::subscription::reader {
  std::function<void()> wake;
  bool waits = true; // guarded by the journal's mutex
};

std::string_view to_string(event_kind kind) noexcept {
  switch (kind) {
  case event_kind::started:
    return "started";
  case event_kind::start_failed:
    return "start_failed";
  case event_kind::stopping:
    return "stopping";
  case event_kind::killing:
    return "killing";
  case event_kind::stopped:
    return "stopped";
  case event_kind::exited:
    return "exited";
  case event_kind::restarting:
    return "restarting";
  case event_kind::gave_up:
    return "gave_up";
  case event_kind::breaker:
    return "breaker";
  case event_kind::notice:
    return "notice";
  }
  return "unknown";
}

std::string to_string(const journal_event& event) {
  auto line = fmt::format("{} {}", to_string(event.kind), event.path);
  if (!event.actor_kind.empty())
    line += fmt::format(" ({})", event.actor_kind);
  if (event.kind == event_kind::restarting || event.kind == event_kind::gave_up)
    line += fmt::format(", {} of {} restarts in the window", event.window_count, event.window_limit);
  if (!event.text.empty())
    line += fmt::format(": {}", event.text);
  return line;
}

journal::journal(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

void journal::append(journal_event event) {
  std::vector<std::shared_ptr<subscription::reader>> to_wake;
  {
    const std::lock_guard lock{mutex_};
    event.sequence = ++last_sequence_;
    cut_text(event.text, max_text_bytes);
    event.time = std::chrono::system_clock::now();
    if (ring_.size() == capacity_)
      ring_.pop_front();
    ring_.push_back(std::move(event));
    if (sink_)
      sink_(ring_.back());
    for (const auto& reader : readers_)
      if (std::exchange(reader->waits, false))
        to_wake.push_back(reader);
  }
  for (const auto& reader : to_wake) // outside the lock: a wake function may read at once
    reader->wake();
}

void journal::restore(std::vector<journal_event> earlier) {
  const std::lock_guard lock{mutex_};
  ring_.assign(std::make_move_iterator(earlier.begin()), std::make_move_iterator(earlier.end()));
  while (ring_.size() > capacity_)
    ring_.pop_front();
  for (auto& event : ring_)
    cut_text(event.text, max_text_bytes);
  last_sequence_ = ring_.empty() ? 0 : ring_.back().sequence;
}

std::vector<journal_event> journal::read_locked(std::uint64_t after, std::size_t limit) const {
  const auto begin = std::ranges::upper_bound(ring_, after, {}, &journal_event::sequence);
  const auto available = static_cast<std::size_t>(ring_.end() - begin);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(limit, available))};
}

std::vector<journal_event> journal::read(std::uint64_t after, std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  return read_locked(after, limit);
}

std::uint64_t journal::last_sequence() const {
  const std::lock_guard lock{mutex_};
  return last_sequence_;
}

journal::subscription journal::subscribe(std::function<void()> wake, std::optional<std::uint64_t> after) {
  auto place = std::make_shared<subscription::reader>();
  place->wake = std::move(wake);
  const std::lock_guard lock{mutex_};
  readers_.push_back(place);
  return {*this, std::move(place),
          after.value_or(last_sequence_) > last_sequence_ ? 0 : after.value_or(last_sequence_)};
}

void journal::set_sink(std::function<void(const journal_event&)> sink) {
  const std::lock_guard lock{mutex_};
  sink_ = std::move(sink);
}

journal::subscription::subscription(journal& owner, std::shared_ptr<reader> place, std::uint64_t after)
    : owner_(&owner), place_(std::move(place)), last_read_(after) {}

journal::subscription::subscription(subscription&& other) noexcept
    : owner_(other.owner_), place_(std::move(other.place_)), last_read_(other.last_read_),
      missed_(other.missed_) {}

journal::subscription::~subscription() {
  if (!place_)
    return;
  const std::lock_guard lock{owner_->mutex_};
  std::erase(owner_->readers_, place_);
}

std::vector<journal_event> journal::subscription::read(std::size_t limit) {
  const std::lock_guard lock{owner_->mutex_};
  auto events = owner_->read_locked(last_read_, limit);
  if (!events.empty()) {
    missed_ += events.front().sequence - last_read_ - 1;
    last_read_ = events.back().sequence;
  }
  if (last_read_ == owner_->last_sequence_)
    place_->waits = true;
  return events;
}

} // namespace sandboxd::supervision
