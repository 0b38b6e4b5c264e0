#include "supervision/deadlines.hpp"

namespace sandboxd::supervision {

std::optional<deadlines::clock::time_point> deadlines::set(std::uint64_t who, clock::time_point when) {
  clear(who);
  of_[who] = queue_.emplace(when, who);
  if (armed_ && *armed_ <= when)
    return std::nullopt;
  armed_ = when;
  return when;
}

void deadlines::clear(std::uint64_t who) {
  if (const auto found = of_.find(who); found != of_.end()) {
    queue_.erase(found->second);
    of_.erase(found);
  }
}

std::vector<std::uint64_t> deadlines::expired(clock::time_point now) {
  std::vector<std::uint64_t> who;
  while (!queue_.empty() && queue_.begin()->first <= now) {
    who.push_back(queue_.begin()->second);
    of_.erase(who.back());
    queue_.erase(queue_.begin());
  }
  if (armed_ && *armed_ <= now)
    armed_.reset();
  return who;
}

std::optional<deadlines::clock::time_point> deadlines::rearm() {
  if (queue_.empty() || (armed_ && *armed_ <= queue_.begin()->first))
    return std::nullopt;
  armed_ = queue_.begin()->first;
  return armed_;
}

} // namespace sandboxd::supervision
