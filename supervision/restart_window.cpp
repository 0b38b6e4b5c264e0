#include "supervision/restart_window.hpp"

namespace sandboxd::supervision {

bool restart_window::add(clock::time_point now) {
  const auto current = std::chrono::floor<std::chrono::seconds>(now);
  const auto threshold = current - period_;
  while (!restarts_.empty() && restarts_.front() < threshold)
    restarts_.pop_front();
  restarts_.push_back(current);
  return restarts_.size() <= intensity_;
}

} // namespace sandboxd::supervision
