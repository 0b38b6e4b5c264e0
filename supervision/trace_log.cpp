#include "supervision/trace_log.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sandboxd::supervision {

void trace_log::keep(std::size_t most) {
  const std::lock_guard lock{mutex_};
  most_ = most;
  if (ended_.size() > most_)
    ended_.erase(ended_.begin(), ended_.end() - static_cast<std::ptrdiff_t>(most_));
}

trace_id trace_log::new_id() {
  trace_id made{random_(), random_()};
  made.low |= made.high == 0 ? 1 : 0;
  return made;
}

trace_ptr trace_log::begin(traced_request about, std::optional<trace_parent> parent, std::uint64_t every) {
  const std::lock_guard lock{mutex_};
  if (most_ == 0)
    return nullptr;
  const bool wanted = parent && parent->is_sampled;
  const bool records = wanted || (every != 0 && begun_++ % every == 0);
  auto made = std::make_shared<trace>(std::move(about), parent ? parent->id : new_id(),
                                      parent ? parent->span : 0, records);
  open_.insert(made);
  return made;
}

void trace_log::finish(const trace_ptr& one, int status, std::uint64_t bytes_out, std::string outcome) {
  if (!one)
    return;
  one->finish(status, bytes_out, std::move(outcome));
  trace_ptr dropped; // destroyed without the lock
  const std::lock_guard lock{mutex_};
  if (open_.erase(one) == 0 || !one->records())
    return;
  ended_.push_back(one);
  if (ended_.size() > most_) {
    dropped = std::move(ended_.front());
    ended_.pop_front();
  }
}

trace_ptr trace_log::find(std::string_view id) const {
  const auto is_meant = [id](const trace_ptr& one) {
    return one->about().request_id == id || to_string(one->id()) == id;
  };
  for (const auto& all : {open(), ended()})
    if (const auto found = std::ranges::find_if(all, is_meant); found != all.end())
      return *found;
  return nullptr;
}

std::vector<trace_ptr> trace_log::open() const {
  std::vector<trace_ptr> all;
  {
    const std::lock_guard lock{mutex_};
    all.assign(open_.begin(), open_.end());
  }
  std::ranges::sort(all, {}, &trace::began);
  return all;
}

std::vector<trace_ptr> trace_log::ended() const {
  const std::lock_guard lock{mutex_};
  return {ended_.rbegin(), ended_.rend()};
}

} // namespace sandboxd::supervision
