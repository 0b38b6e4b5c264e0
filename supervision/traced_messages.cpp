#include "supervision/traced_messages.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::supervision {

void traced_messages::expect(entry one) {
  const std::lock_guard lock{mutex_};
  if (entries_.size() >= most)
    return;
  entries_.push_back(std::move(one));
  count_.store(entries_.size(), std::memory_order_relaxed); // the mailbox orders this before the take
}

std::optional<traced_messages::entry> traced_messages::take(const void* element) {
  if (count_.load(std::memory_order_relaxed) == 0)
    return std::nullopt;
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(entries_, element, &entry::element);
  if (found == entries_.end())
    return std::nullopt;
  auto one = std::move(*found);
  entries_.erase(found);
  count_.store(entries_.size(), std::memory_order_relaxed);
  return one;
}

} // namespace sandboxd::supervision
