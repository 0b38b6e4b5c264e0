#include "supervision/restart_window.hpp"

#include <algorithm>

namespace sandboxd::supervision {

bool restart_window::add(clock::time_point now) {
  const auto current = std::chrono::floor<std::chrono::seconds>(now);
  const auto threshold = current - period_;
  while (!restarts_.empty() && restarts_.front() < threshold)
    restarts_.pop_front();
  restarts_.push_back(current);
  return restarts_.size() <= intensity_;
}

std::size_t restart_window::count(clock::time_point now) const noexcept {
  const auto threshold = std::chrono::floor<std::chrono::seconds>(now) - period_;
  return static_cast<std::size_t>(std::count_if(restarts_.begin(), restarts_.end(),
                                                [&](second restart) { return restart >= threshold; }));
}

} // namespace sandboxd::supervision
