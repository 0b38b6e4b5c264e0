#include "actors/context_table.hpp"

#include <algorithm>

namespace sandboxd::actors {

bool context_table::enter(const entry& context, std::size_t most) {
  const std::lock_guard lock(mutex_);
  return contexts_.size() < most && contexts_.emplace(context.record.id, context).second;
}

void context_table::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  contexts_.erase(id);
}

void context_table::touch(const std::string& id, std::chrono::system_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (const auto found = contexts_.find(id); found != contexts_.end())
    found->second.record.last_used = now;
}

std::optional<context_table::entry> context_table::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = contexts_.find(id);
  return found == contexts_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<context_record> context_table::all() const {
  std::vector<context_record> records;
  {
    const std::lock_guard lock(mutex_);
    records.reserve(contexts_.size());
    for (const auto& [id, context] : contexts_)
      records.push_back(context.record);
  }
  std::ranges::stable_sort(records, {}, &context_record::created_at);
  return records;
}

} // namespace sandboxd::actors
