#include "files/change_batch.hpp"

#include <utility>

namespace sandboxd::files {

void change_batch::add(const watch_change& change) {
  const auto known = places_.find({change.path, change.type, change.is_directory});
  if (known != places_.end()) {
    waiting_.changes[known->second].time = change.time;
    return;
  }
  if (waiting_.changes.size() >= most_) {
    ++waiting_.dropped;
    return;
  }
  places_.emplace(std::tuple(change.path, change.type, change.is_directory), waiting_.changes.size());
  waiting_.changes.push_back(change);
}

watch_changes change_batch::take() {
  places_.clear();
  return std::exchange(waiting_, {});
}

} // namespace sandboxd::files
