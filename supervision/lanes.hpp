#pragma once

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

namespace sandboxd::supervision {

/// Tasks that take several messages to finish, one after another within a lane, independently between lanes.
/// This is what lets an actor that must never block behave like OTP's supervisor, which simply blocks while
/// it stops and starts children. A plain value; one owner.
class lanes {
public:
  using task = std::function<void()>;

  /// Runs `work` at once if `lane` is free, else when those before it have left. `work`, or what continues it
  /// later, must call `leave(lane)` exactly once.
  void enter(const std::string& lane, task work);

  /// The task that holds `lane` is done; the next one runs.
  void leave(const std::string& lane);

private:
  struct state {
    std::deque<task> waiting;
    bool occupied = false;
    bool draining = false; // a loop is running tasks already: no recursion, however many wait
  };

  void drain(const std::string& lane);

  std::unordered_map<std::string, state> lanes_; // those in use only
};

} // namespace sandboxd::supervision
