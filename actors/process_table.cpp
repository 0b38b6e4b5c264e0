#include "actors/process_table.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::actors {

process_table::outcome process_table::enter(const tracked_process_ptr& process, std::size_t max_running,
                                            std::size_t max_finished, processes& dropped) {
  const std::string& id = process->id();
  const std::lock_guard lock(mutex_);
  const auto same =
      std::find_if(processes_.begin(), processes_.end(), [&](const auto& one) { return one->id() == id; });
  if (same != processes_.end() && !(*same)->finished())
    return outcome::id_in_use;
  const auto running = static_cast<std::size_t>(
      std::count_if(processes_.begin(), processes_.end(), [](const auto& one) { return !one->finished(); }));
  if (running >= max_running)
    return outcome::full;
  const auto drop = [&](auto one) {
    dropped.push_back(std::move(*one));
    processes_.erase(one);
  };
  if (same != processes_.end())
    drop(same);
  for (auto finished = processes_.size() - running; finished > max_finished; --finished)
    drop(std::find_if(processes_.begin(), processes_.end(), [](const auto& one) { return one->finished(); }));
  processes_.push_back(process);
  return outcome::entered;
}

void process_table::remove(const tracked_process_ptr& process) {
  const std::lock_guard lock(mutex_);
  processes_.remove(process);
}

tracked_process_ptr process_table::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(processes_.begin(), processes_.end(), [&](const auto& one) { return one->id() == id; });
  return found == processes_.end() ? nullptr : *found;
}

process_table::processes process_table::all(const std::string* session) const {
  const std::lock_guard lock(mutex_);
  processes found;
  for (const auto& one : processes_)
    if (session == nullptr || one->session() == *session)
      found.push_back(one);
  return found;
}

} // namespace sandboxd::actors
