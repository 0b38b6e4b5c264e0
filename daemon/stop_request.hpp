#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace sandboxd::daemon {

/// Something that happens once and is waited for by a thread. Any thread.
class flag {
public:
  void set() {
    const std::lock_guard guard(mutex_);
    set_ = true;
    changed_.notify_all();
  }

  /// Returns whether it was set in time.
  bool wait_until(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return set_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

/// The wish that the daemon ends, with its exit code; the first one counts. Any thread.
class stop_request {
public:
  /// Returns whether it was the first.
  bool request(int exit_code) {
    const std::lock_guard guard(mutex_);
    const bool is_first = !exit_code_;
    if (is_first)
      exit_code_ = exit_code;
    changed_.notify_all();
    return is_first;
  }

  /// Waits for the wish and returns its exit code.
  int wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return exit_code_.has_value(); });
    return *exit_code_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> exit_code_;
};

} // namespace sandboxd::daemon
