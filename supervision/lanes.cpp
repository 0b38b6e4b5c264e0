#include "supervision/lanes.hpp"

#include <utility>

namespace sandboxd::supervision {

void lanes::enter(const std::string& lane, task work) {
  lanes_[lane].waiting.push_back(std::move(work));
  drain(lane);
}

void lanes::leave(const std::string& lane) {
  lanes_.at(lane).occupied = false;
  drain(lane);
}

void lanes::drain(const std::string& name) {
  auto& lane = lanes_.at(name); // stays where it is, whatever other lanes come and go
  if (std::exchange(lane.draining, true))
    return;
  while (!lane.occupied && !lane.waiting.empty()) {
    const auto work = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    lane.occupied = true;
    work();
  }
  lane.draining = false;
  if (!lane.occupied)
    lanes_.erase(name);
}

} // namespace sandboxd::supervision
