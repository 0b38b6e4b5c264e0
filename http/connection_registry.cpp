#include "http/connection_registry.hpp"

#include "http/connection_guard.hpp"

#include <utility>

namespace sandboxd::http {

void connection_registry::add(std::uint64_t id, std::shared_ptr<connection_guard> guard) {
  std::lock_guard lock(mutex_);
  guards_.emplace(id, std::move(guard));
}

void connection_registry::remove(std::uint64_t id) {
  std::shared_ptr<connection_guard> released; // destroyed after the lock
  {
    std::lock_guard lock(mutex_);
    auto found = guards_.find(id);
    if (found == guards_.end())
      return;
    released = std::move(found->second);
    guards_.erase(found);
    if (guards_.empty())
      emptied_.notify_all();
  }
  if (removed_)
    removed_();
}

std::shared_ptr<connection_guard> connection_registry::find(std::uint64_t id) const {
  std::lock_guard lock(mutex_);
  auto found = guards_.find(id);
  return found == guards_.end() ? nullptr : found->second;
}

std::size_t connection_registry::size() const {
  std::lock_guard lock(mutex_);
  return guards_.size();
}

std::vector<std::shared_ptr<connection_guard>> connection_registry::all() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<connection_guard>> result;
  result.reserve(guards_.size());
  for (const auto& [id, guard] : guards_)
    result.push_back(guard);
  return result;
}

void connection_registry::close_longest_idle() {
  std::shared_ptr<connection_guard> longest;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, guard] : guards_)
      if (guard->idle_since() < (longest ? longest->idle_since() : connection_guard::not_idle))
        longest = guard;
  }
  if (longest)
    longest->close_when_idle();
}

bool connection_registry::wait_until_empty(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, until, [this] { return guards_.empty(); });
}

} // namespace sandboxd::http
