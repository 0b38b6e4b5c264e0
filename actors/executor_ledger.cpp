#include "actors/executor_ledger.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::actors {

/// The one that has idled longest: it has had time to warm up.
executor_ledger::lease_outcome executor_ledger::lease(reply<lent_executor> done, time now) {
  if (!ready_.empty()) {
    const auto executor = std::move(ready_.front().executor);
    ready_.pop_front();
    lend(executor, done);
    return lease_outcome::lent;
  }
  if (bounds_.max_all != 0 && waiting_.size() >= starting_ + room())
    return lease_outcome::at_limit;
  waiting_.push_back({std::move(done), now});
  return lease_outcome::waits;
}

std::size_t executor_ledger::missing() const {
  const auto wanted = bounds_.min_ready + waiting_.size();
  const auto there = ready_.size() + starting_;
  auto count = wanted > there ? wanted - there : 0;
  count = std::min(count, bounds_.max_starting - std::min(bounds_.max_starting, starting_));
  if (bounds_.max_all != 0)
    count = std::min(count, room());
  return count;
}

std::uint64_t executor_ledger::begin() {
  ++starting_;
  states_.emplace(++last_number_, state::starting);
  return last_number_;
}

void executor_ledger::ready(const lent_executor& executor, time now) {
  const auto found = states_.find(executor->number);
  if (found == states_.end() || found->second != state::starting)
    return;
  --starting_;
  if (waiting_.empty()) {
    found->second = state::ready;
    ready_.push_back({executor, now});
    return;
  }
  const auto first = std::move(waiting_.front());
  waiting_.pop_front();
  lend(executor, first.done);
}

void executor_ledger::lend(const lent_executor& executor, const reply<lent_executor>& to) {
  states_[executor->number] = state::lent;
  ++lent_;
  to.deliver(executor);
}

std::optional<executor_ledger::state> executor_ledger::gone(std::uint64_t number) {
  const auto found = states_.extract(number);
  if (found.empty())
    return std::nullopt;
  switch (found.mapped()) {
  case state::starting:
    --starting_;
    break;
  case state::ready:
    std::erase_if(ready_, [&](const auto& idle) { return idle.executor->number == number; });
    break;
  case state::lent:
    --lent_;
    break;
  case state::ending:
    --ending_;
    break;
  }
  return found.mapped();
}

std::size_t executor_ledger::end_surplus(time now) {
  const auto too_many = [this] { return bounds_.max_all != 0 && all() - ending_ > bounds_.max_all; };
  const auto too_old = [&] {
    return ready_.size() > bounds_.min_ready && now - ready_.front().since >= bounds_.idle_timeout;
  };
  std::size_t count = 0;
  for (; !ready_.empty() && (too_many() || too_old()); ++count)
    end_longest_idle();
  return count;
}

std::size_t executor_ledger::end_ready() {
  const auto count = ready_.size();
  while (!ready_.empty())
    end_longest_idle();
  return count;
}

/// Taken out first: its end may be told at once.
void executor_ledger::end_longest_idle() {
  const auto executor = std::move(ready_.front().executor);
  ready_.pop_front();
  states_[executor->number] = state::ending;
  ++ending_;
}

void executor_ledger::refuse_waiting(time since, const failure& reason) {
  while (!waiting_.empty() && waiting_.front().since < since)
    refuse_first(reason);
}

void executor_ledger::refuse_first(const failure& reason) {
  if (waiting_.empty())
    return;
  const auto first = std::move(waiting_.front());
  waiting_.pop_front();
  first.done.deliver(reason);
}

} // namespace sandboxd::actors
